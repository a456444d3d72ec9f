"""Reads of address changes."""

from sqlalchemy import or_, select

from auth.address_changes.models import AddressChange
from auth.models import User
from auth.tokens import digest
from core.database.db import db, utcnow

RELOAD = {"populate_existing": True}


def pending_of(user: User) -> AddressChange | None:
    """The pending, unexpired change of a member, if there is one."""
    return db.session.scalar(
        select(AddressChange)
        .where(
            AddressChange.user_id == user.id,
            AddressChange.done_at.is_(None),
            AddressChange.expires_at > utcnow(),
        )
        .order_by(AddressChange.id.desc())
        .limit(1)
    )


def to_confirm(token: str) -> AddressChange | None:
    """The pending change that a token mailed to the new address confirms; None when invalid or expired."""
    return db.session.scalar(
        select(AddressChange)
        .where(
            AddressChange.confirm_hash == digest(token),
            AddressChange.done_at.is_(None),
            AddressChange.expires_at > utcnow(),
        )
        .execution_options(**RELOAD)
    )


def to_revert(token: str) -> AddressChange | None:
    """The change that a token mailed to the old address cancels or undoes; None when invalid or expired."""
    row = db.session.scalar(
        select(AddressChange)
        .where(or_(AddressChange.cancel_hash == digest(token), AddressChange.undo_hash == digest(token)))
        .execution_options(**RELOAD)
    )
    return row if row is not None and row.expires_at > utcnow() else None
