"""Scheduled housekeeping of accounts."""

from auth import registration_actions
from core.db import db
from core.worker import scheduled


@scheduled(hour=3, minute=20)
def purge_unconfirmed() -> None:
    """Remove registrations that nobody confirmed for a week, and links that do not work any more."""
    while registration_actions.purge():
        db.session.commit()
    registration_actions.forget_expired()
    db.session.commit()
