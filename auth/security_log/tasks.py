"""Retention of the security log."""

from auth.security_log import actions
from core.database.db import db
from core.jobs.worker import register_daily_task


@register_daily_task(hour=3, minute=25)
def forget_old_security_events() -> None:
    """Delete addresses and events past their retention, in batches."""
    while actions.delete_old():
        db.session.commit()
    db.session.commit()
