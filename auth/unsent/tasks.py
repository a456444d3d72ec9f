"""Retention of unsent forms."""

from auth.unsent import actions
from core.database.db import db
from core.jobs.worker import register_daily_task


@register_daily_task(hour=3, minute=20)
def forget_unsent_forms() -> None:
    """Delete expired forms."""
    actions.delete_expired()
    db.session.commit()
