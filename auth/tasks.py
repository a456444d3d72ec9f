"""Scheduled housekeeping of accounts."""

from auth.erasure import actions
from auth.registration import actions as registration_actions
from core.database.db import db
from core.jobs.worker import register_daily_task


@register_daily_task(hour=3, minute=20)
def purge_unconfirmed() -> None:
    """Delete old unconfirmed registrations, expired links and sent notices."""
    while registration_actions.purge_batch():
        db.session.commit()
    registration_actions.delete_expired()
    actions.delete_sent_notices()
    db.session.commit()
