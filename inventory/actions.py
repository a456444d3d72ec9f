"""Writes to the entries of inventories and to the private calendar address. Nothing commits."""

import hmac
import secrets
from collections.abc import Iterable

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from auth.actions import register_on_secure
from auth.models import User
from core.database.db import changed_rows, db, utcnow
from inventory.models import CalendarAddress
from inventory.versions import actions as version_actions
from products.inventories import queries as inventory_queries
from products.inventories.models import EDIT, MAX_NAME_LENGTH, OWNER, Inventory, InventoryMember
from products.models import OwnedRelease, Product, Release

MAX_OWNED = 2_000  # entries of an inventory
PICKED = "picked"
SBOM = "sbom"
HANDLE_LENGTH = 22  # characters
Key = tuple[int, int | None]  # (product id, release id); no release: the product as a whole


class ListFull(ValueError):
    """The inventory has MAX_OWNED entries already."""


def default_inventory(user: User) -> Inventory:
    """The default inventory of `user`, which is made if there is none.

    Entries of the user that an earlier version of the site wrote without an inventory are moved into it.
    """
    inventory = inventory_queries.default_of(user)
    if inventory is None:
        try:
            with db.session.begin_nested():
                inventory = new_inventory(user, "", is_default=True)
        except IntegrityError:  # made by another request meanwhile
            inventory = inventory_queries.default_of(user)
    if inventory is None:
        raise LookupError("no default inventory")
    adopt_entries(inventory)
    return inventory


def new_inventory(user: User, name: str, *, is_default: bool = False) -> Inventory:
    """Make an inventory with its owner as a member; raises IntegrityError when there is one of that name."""
    inventory = Inventory(owner_id=user.id, name=name, is_default=is_default)
    db.session.add(inventory)
    db.session.flush()
    db.session.add(
        InventoryMember(inventory_id=inventory.id, user_id=user.id, right=OWNER, accepted_at=utcnow())
    )
    db.session.flush()
    return inventory


def adopt_entries(inventory: Inventory) -> int:
    """Move the owner's entries without an inventory into this one; returns how many."""
    loose = (OwnedRelease.user_id == inventory.owner_id, OwnedRelease.inventory_id.is_(None))
    rows = list(
        db.session.execute(
            select(OwnedRelease.id, OwnedRelease.product_id, OwnedRelease.release_id).where(*loose)
        )
    )
    if not rows:
        return 0
    known = entry_keys(inventory)
    fresh = {}
    for row_id, product_id, release_id in rows:
        if (product_id, release_id) not in known:
            fresh.setdefault((product_id, release_id), row_id)
    changed_rows(
        update(OwnedRelease).where(OwnedRelease.id.in_(fresh.values())).values(inventory_id=inventory.id)
    )
    changed_rows(delete(OwnedRelease).where(*loose))
    return len(fresh)


def entry_keys(inventory: Inventory, *, source: str | None = None) -> set[tuple[int, int | None]]:
    """(product id, release id) of the entries of an inventory, all or those of a source."""
    statement = select(OwnedRelease.product_id, OwnedRelease.release_id).where(
        OwnedRelease.inventory_id == inventory.id
    )
    if source is not None:
        statement = statement.where(OwnedRelease.source == source)
    return {(product_id, release_id) for product_id, release_id in db.session.execute(statement)}


def add_products(
    user: User,
    picks: Iterable[tuple[Product, Release | None]],
    *,
    source: str = PICKED,
    inventory: Inventory | None = None,
) -> int:
    """Add products or releases to an inventory, by default that of `user`; return how many are new.

    Raises ListFull when there would be more than MAX_OWNED.
    """
    inventory = inventory or default_inventory(user)
    things = {(product.id, release.id if release else None): (product, release) for product, release in picks}
    added = add_entries(inventory, things, source=source)
    if source == PICKED:
        version_actions.store_releases(inventory, things)
    return added


def add_version(
    user: User, product: Product, release: Release | None, version: str, inventory: Inventory | None = None
) -> bool:
    """Add a product of which the exact version is known, or set it; return whether the entry is new.

    Raises ListFull.
    """
    inventory = inventory or default_inventory(user)
    key = (product.id, release.id if release else None)
    is_new = bool(add_entries(inventory, [key], source=PICKED))
    version_actions.set_version(inventory, key, product, version)
    return is_new


def add_entries(inventory: Inventory, keys: Iterable[Key], *, source: str) -> int:
    """Add entries by (product id, release id); return how many are new. Raises ListFull."""
    existing = entry_keys(inventory)
    new = set(keys) - existing
    if len(existing) + len(new) > MAX_OWNED:
        raise ListFull
    if new:
        db.session.add_all(
            OwnedRelease(
                user_id=inventory.owner_id,
                inventory_id=inventory.id,
                product_id=product_id,
                release_id=release_id,
                source=source,
            )
            for product_id, release_id in sorted(new, key=str)
        )
        inventory.changed_at = utcnow()
    return len(new)


def replace_entries(inventory: Inventory, keys: Iterable[Key], *, source: str = SBOM) -> tuple[int, int]:
    """Make the entries of a source equal `keys`, in one short transaction; returns (added, removed).

    Entries of other sources, such as those picked by hand, stay. Raises ListFull.
    """
    wanted = set(keys)
    surplus = entry_keys(inventory, source=source) - wanted
    if surplus:
        rows = db.session.execute(
            select(OwnedRelease.id, OwnedRelease.product_id, OwnedRelease.release_id).where(
                OwnedRelease.inventory_id == inventory.id, OwnedRelease.source == source
            )
        )
        ids = [row_id for row_id, product_id, release_id in rows if (product_id, release_id) in surplus]
        changed_rows(delete(OwnedRelease).where(OwnedRelease.id.in_(ids)))
        inventory.changed_at = utcnow()
    return add_entries(inventory, wanted, source=source), len(surplus)


def remove_product(row: OwnedRelease) -> None:
    """Remove an entry from its inventory."""
    db.session.delete(row)


def delete_inventories(user_ids: Iterable[int]) -> None:
    """Delete what erased accounts had: inventories, memberships, calendar addresses.

    A shared inventory stays with its team: the member who may edit it and accepted first becomes its owner.
    """
    ids = list(user_ids)
    changed_rows(delete(InventoryMember).where(InventoryMember.user_id.in_(ids)))
    for inventory in db.session.scalars(select(Inventory).where(Inventory.owner_id.in_(ids))):
        heir = db.session.scalar(
            select(InventoryMember)
            .join(InventoryMember.user)
            .where(
                InventoryMember.inventory_id == inventory.id,
                InventoryMember.right == EDIT,
                InventoryMember.accepted_at.is_not(None),
                User.erased_at.is_(None),
            )
            .order_by(InventoryMember.accepted_at, InventoryMember.user_id)
            .limit(1)
        )
        if heir is None:
            db.session.delete(inventory)
        else:
            _pass_on(inventory, heir)
        db.session.flush()
    for model in (OwnedRelease, CalendarAddress):
        db.session.execute(delete(model).where(model.user_id.in_(ids)))


def _pass_on(inventory: Inventory, heir: InventoryMember) -> None:
    """Make a member the owner of an inventory."""
    taken = set(db.session.scalars(select(Inventory.name).where(Inventory.owner_id == heir.user_id)))
    name = inventory.name or f"{inventory.id}"
    inventory.name = name if name not in taken else f"{name[: MAX_NAME_LENGTH - 12]} {inventory.id}"
    inventory.owner_id = heir.user_id
    inventory.is_default = False
    heir.right = OWNER
    changed_rows(
        update(OwnedRelease).where(OwnedRelease.inventory_id == inventory.id).values(user_id=heir.user_id)
    )


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
