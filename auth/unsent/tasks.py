"""Housekeeping of forms that wait for their account."""

from auth.unsent import actions
from core.database.db import db
from core.jobs.worker import register_daily_task


@register_daily_task(hour=3, minute=20)
def forget_unsent_forms() -> None:
    """Drop forms that nobody came back for."""
    actions.forget_old()
    db.session.commit()
