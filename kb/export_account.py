"""Feedback of a member on articles, for the export of their data."""

from sqlalchemy import select

from auth.erasure.export_account import columns, register_export_part
from auth.models import User
from core.database.db import db
from kb.models import ArticleFeedback


@register_export_part("article_feedback")
def _feedback(user: User) -> list[dict]:
    rows = db.session.scalars(
        select(ArticleFeedback).where(ArticleFeedback.user_id == user.id).order_by(ArticleFeedback.id)
    )
    return [columns(row) for row in rows]
