"""Scheduled housekeeping of accounts."""

from auth.erasure import actions
from auth.registration import actions as registration_actions
from core.database.db import db
from core.jobs.worker import register_daily_task


@register_daily_task(hour=3, minute=20)
def purge_unconfirmed() -> None:
    """Remove registrations that nobody confirmed for a week, and links that do not work any more."""
    while registration_actions.purge():
        db.session.commit()
    registration_actions.forget_expired()
    actions.forget_addresses()
    db.session.commit()
