"""Writes of what a member runs, and of the private calendar address. Nothing here commits."""

import hmac
import secrets
from collections.abc import Iterable

from flask import current_app
from sqlalchemy import delete, select

from auth.actions import register_on_secure
from core.database.db import db, utcnow
from inventory.models import CalendarAddress
from products.models import OwnedRelease, Product, Release

MOST = 1_000
PICKED, SBOM = "picked", "sbom"
HANDLE_LENGTH = 22


class TooMuch(ValueError):
    """A member's list is full."""


def own(user, picks: Iterable[tuple[Product, Release | None]], *, source: str = PICKED) -> int:
    """Add what `user` runs; what is there already stays as it is. Returns how many are new.

    Raises TooMuch over MOST in all.
    """
    have = {
        tuple(row)
        for row in db.session.execute(
            select(OwnedRelease.product_id, OwnedRelease.release_id).where(OwnedRelease.user_id == user.id)
        )
    }
    fresh = {(product.id, release.id if release else None) for product, release in picks} - have
    if len(have) + len(fresh) > MOST:
        raise TooMuch
    db.session.add_all(
        OwnedRelease(user_id=user.id, product_id=product_id, release_id=release_id, source=source)
        for product_id, release_id in sorted(fresh, key=str)
    )
    return len(fresh)


def disown(row: OwnedRelease) -> None:
    """Take one line off the list."""
    db.session.delete(row)


def forget(user_ids: Iterable[int]) -> None:
    """Drop the lists and calendar addresses of erased accounts."""
    ids = list(user_ids)
    for model in (OwnedRelease, CalendarAddress):
        db.session.execute(delete(model).where(model.user_id.in_(ids)))


def renew_address(user) -> CalendarAddress:
    """Give the member's calendar a new address; the one before is dead from now on."""
    address = db.session.get(CalendarAddress, user.id)
    if address is None:
        address = CalendarAddress(user_id=user.id)
        db.session.add(address)
    address.handle, address.created_at = secrets.token_urlsafe(16), utcnow()
    return address


@register_on_secure
def renew_known_address(user) -> None:
    """Give the calendar of a secured account a new address, if it has one."""
    if db.session.get(CalendarAddress, user.id) is not None:
        renew_address(user)


def secret(address: CalendarAddress) -> str:
    """The whole secret: the stored handle and its signature, so that the database alone opens nothing.

    It can be shown again, and a new signing key of the site ends every address.
    """
    signature = hmac.digest(
        current_app.config["SECRET_KEY"].encode(), f"calendar:{address.handle}".encode(), "sha256"
    )
    return address.handle + signature[:16].hex()
