"""Addresses that get no mail, because their server said that the mailbox does not exist."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from core.database.db import db
from core.database.models import StoppedAddress


def stopped_addresses(addresses: Iterable[str]) -> set[str]:
    """Which of these addresses get no mail."""
    return set(
        db.session.scalars(select(StoppedAddress.address).where(StoppedAddress.address.in_(list(addresses))))
    )


def stop_address(address: str) -> None:
    """Send no more mail to this address. Does not commit."""
    if db.session.get(StoppedAddress, address) is None:
        db.session.add(StoppedAddress(address=address))
        db.session.flush()


def resume_address(address: str) -> None:
    """Send mail to this address again, at its owner's request. Does not commit."""
    db.session.execute(delete(StoppedAddress).where(StoppedAddress.address == address))
