"""Writes to the inventory of a member and to the private calendar address. Nothing commits."""

import hmac
import secrets
from collections.abc import Iterable

from flask import current_app
from sqlalchemy import delete, select

from auth.actions import register_on_secure
from auth.models import User
from core.database.db import db, utcnow
from inventory.models import CalendarAddress
from inventory.versions import actions as version_actions
from products.models import OwnedRelease, Product, Release

MAX_OWNED = 1_000  # entries of a member
PICKED = "picked"
SBOM = "sbom"
HANDLE_LENGTH = 22  # characters


class ListFull(ValueError):
    """The inventory has MAX_OWNED entries already."""


def add_products(user: User, picks: Iterable[tuple[Product, Release | None]], *, source: str = PICKED) -> int:
    """Add products or releases to the inventory of `user`; return how many are new.

    Raises ListFull when there would be more than MAX_OWNED.
    """
    existing = {
        tuple(row)
        for row in db.session.execute(
            select(OwnedRelease.product_id, OwnedRelease.release_id).where(OwnedRelease.user_id == user.id)
        )
    }
    chosen = list(picks)
    new = {(product.id, release.id if release else None) for product, release in chosen} - existing
    if len(existing) + len(new) > MAX_OWNED:
        raise ListFull
    added = [
        OwnedRelease(user_id=user.id, product_id=product_id, release_id=release_id, source=source)
        for product_id, release_id in sorted(new, key=str)
    ]
    db.session.add_all(added)
    db.session.flush()
    if source == PICKED:
        things = {
            (product.id, release.id if release else None): (product, release) for product, release in chosen
        }
        version_actions.store_releases(
            user, [(row.id, *things[row.product_id, row.release_id]) for row in added]
        )
    return len(new)


def add_version(user: User, product: Product, release: Release | None, version: str) -> bool:
    """Add a product of which the exact version is known, or set it; return whether the entry is new.

    Raises ListFull.
    """
    is_new = bool(add_products(user, [(product, release)]))
    entry = db.session.scalar(
        select(OwnedRelease).where(
            OwnedRelease.user_id == user.id,
            OwnedRelease.product_id == product.id,
            OwnedRelease.release_id == (release.id if release else None),
        )
    )
    if entry is not None and version:
        version_actions.set_version(user, entry, product, version)
    return is_new


def remove_product(row: OwnedRelease) -> None:
    """Remove an entry."""
    db.session.delete(row)


def delete_inventories(user_ids: Iterable[int]) -> None:
    """Delete inventories and calendar addresses of erased accounts."""
    ids = list(user_ids)
    for model in (OwnedRelease, CalendarAddress):
        db.session.execute(delete(model).where(model.user_id.in_(ids)))


def renew_address(user: User) -> CalendarAddress:
    """Replace the address of the member's private calendar; the previous one stops working."""
    address = db.session.get(CalendarAddress, user.id)
    if address is None:
        address = CalendarAddress(user_id=user.id)
        db.session.add(address)
    address.handle = secrets.token_urlsafe(16)
    address.created_at = utcnow()
    return address


@register_on_secure
def renew_existing_address(user: User) -> None:
    """Replace the calendar address of a secured account, if it has one."""
    if db.session.get(CalendarAddress, user.id) is not None:
        renew_address(user)


def calendar_secret(address: CalendarAddress) -> str:
    """The secret part of a calendar URL: the stored handle and its signature with SECRET_KEY.

    The database alone is not enough to build it; a new SECRET_KEY invalidates all addresses.
    """
    signature = hmac.digest(
        current_app.config["SECRET_KEY"].encode(), f"calendar:{address.handle}".encode(), "sha256"
    )
    return address.handle + signature[:16].hex()
