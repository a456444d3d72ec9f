"""Addresses that take no mail: their server said that there is no such mailbox."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from core.database.db import db
from core.database.models import StoppedAddress


def stopped_addresses(addresses: Iterable[str]) -> set[str]:
    """Which of these addresses take no mail any more."""
    return set(
        db.session.scalars(select(StoppedAddress.address).where(StoppedAddress.address.in_(list(addresses))))
    )


def stop_address(address: str) -> None:
    """Send no more mail to this address. Does not commit."""
    if db.session.get(StoppedAddress, address) is None:
        db.session.add(StoppedAddress(address=address))
        db.session.flush()


def resume_address(address: str) -> None:
    """Its owner says that mail arrives there again."""
    db.session.execute(delete(StoppedAddress).where(StoppedAddress.address == address))
