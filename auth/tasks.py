"""Scheduled housekeeping of accounts."""

from auth import erasure_actions, registration_actions
from core.db import db
from core.worker import scheduled


@scheduled(hour=3, minute=20)
def purge_unconfirmed() -> None:
    """Remove registrations that nobody confirmed for a week, and links that do not work any more."""
    while registration_actions.purge():
        db.session.commit()
    registration_actions.forget_expired()
    erasure_actions.forget_addresses()
    db.session.commit()
