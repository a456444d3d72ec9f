"""Deployment reports and thanks, for the file of a member's data."""

from sqlalchemy import select

from auth.erasure.export_account import columns, register_export_part
from core.database.db import db
from deployment.models import DeploymentReport, HelpfulMark


@register_export_part("deployment_reports")
def _reports(user) -> list[dict]:
    rows = db.session.scalars(
        select(DeploymentReport).where(DeploymentReport.user_id == user.id).order_by(DeploymentReport.id)
    )
    return [columns(row, exclude={"removed_by_id"}) for row in rows]


@register_export_part("helpful_marks")
def _marks(user) -> list[dict]:
    rows = db.session.scalars(
        select(HelpfulMark).where(HelpfulMark.user_id == user.id).order_by(HelpfulMark.id)
    )
    return [columns(row, exclude={"author_id"}) for row in rows]
