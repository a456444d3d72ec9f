"""Flags a member raised and decisions about them, for the file of their data."""

from sqlalchemy import select

from auth.erasure.export_account import columns, register_export_part
from core.database.db import db
from moderation.appeals.models import Appeal
from moderation.models import Decision, Flag


@register_export_part("flags")
def _flags(user) -> list[dict]:
    rows = db.session.scalars(select(Flag).where(Flag.user_id == user.id).order_by(Flag.id))
    return [columns(row, exclude={"resolved_by_id"}) for row in rows]


@register_export_part("decisions_about_me")
def _decisions(user) -> list[dict]:
    rows = db.session.scalars(select(Decision).where(Decision.user_id == user.id).order_by(Decision.id))
    return [columns(row, exclude={"actor_id"}) for row in rows]


@register_export_part("appeals")
def _appeals(user) -> list[dict]:
    rows = db.session.scalars(select(Appeal).where(Appeal.user_id == user.id).order_by(Appeal.id))
    return [columns(row, exclude={"decided_by_id"}) for row in rows]
