"""Queries of the inventory of a member."""

import re

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from auth.models import User, Visitor
from core.database import paging
from core.database.db import db
from inventory.models import CalendarAddress
from products.inventories.models import EDIT, OWNER, Inventory, InventoryMember
from products.inventories.queries import is_used_by
from products.models import OwnedRelease, Product, Release
from products.queries import live

HANDLE = re.compile(r"[\w-]{22}$", re.A)


def owned(user: User | Visitor, inventory: Inventory | None = None) -> list[OwnedRelease]:
    """Entries by name of product: those of `inventory`, or of all inventories that `user` uses.

    The caller has checked that `user` sees `inventory`.
    """
    condition = is_used_by(user) if inventory is None else OwnedRelease.inventory_id == inventory.id
    return list(
        db.session.scalars(
            select(OwnedRelease)
            .where(condition)
            .join(OwnedRelease.product)
            .options(
                joinedload(OwnedRelease.product),
                joinedload(OwnedRelease.release).selectinload(Release.phases),
            )
            .order_by(Product.sort_name, Product.id, OwnedRelease.id)
        )
    )


def page(
    user: User | Visitor, after: paging.PageStart, *, size: int, inventory: Inventory | None = None
) -> paging.Page:
    """A page of the entries of owned(); their number is bounded."""
    return paging.page_in_memory(
        owned(user, inventory),
        lambda row: [row.product.sort_name, row.id],
        after,
        size=size,
        types=[str, int],
        changed=lambda row: row.created_at,
    )


def owned_row(user: User | Visitor, owned_id: int) -> OwnedRelease | None:
    """An entry of an inventory that `user` may edit."""
    return db.session.scalar(
        select(OwnedRelease)
        .join(InventoryMember, InventoryMember.inventory_id == OwnedRelease.inventory_id)
        .where(
            OwnedRelease.id == owned_id,
            InventoryMember.user_id == user.id,
            InventoryMember.accepted_at.is_not(None),
            InventoryMember.right.in_((OWNER, EDIT)),
        )
    )


def count(user: User) -> int:
    """Number of entries of the inventories that `user` uses."""
    return db.session.scalar(select(func.count()).select_from(OwnedRelease).where(is_used_by(user))) or 0


def counts(inventory_ids: list[int]) -> dict[int, int]:
    """Number of entries by id of inventory."""
    rows = db.session.execute(
        select(OwnedRelease.inventory_id, func.count())
        .where(OwnedRelease.inventory_id.in_(inventory_ids))
        .group_by(OwnedRelease.inventory_id)
    )
    return {inventory_id: number for inventory_id, number in rows if inventory_id is not None}


def to_pick(slugs: list[str]) -> list[Product]:
    """Products with their releases, by slugs."""
    return list(
        db.session.scalars(
            live()
            .where(Product.slug.in_(slugs))
            .options(selectinload(Product.releases))
            .order_by(Product.sort_name, Product.id)
        )
    )


def resolve(pairs: list[tuple[int, int | None]]) -> list[tuple[Product, Release | None]]:
    """Products and releases by ids; pairs that do not exist or do not belong together are left out."""
    products = {
        product.id: product
        for product in db.session.scalars(
            live().where(Product.id.in_({product_id for product_id, _ in pairs}))
        )
    }
    wanted = {release_id for _, release_id in pairs if release_id is not None}
    releases = {
        release.id: release
        for release in db.session.scalars(
            select(Release).where(Release.id.in_(wanted), Release.removed_at.is_(None))
        )
    }
    found: list[tuple[Product, Release | None]] = []
    for product_id, release_id in pairs:
        product = products.get(product_id)
        release = releases.get(release_id) if release_id is not None else None
        fits = release_id is None or (release is not None and release.product_id == product_id)
        if product is not None and fits:
            found.append((product, release))
    return found


def products_by_id(ids: set[int]) -> dict[int, Product]:
    """Products that are listed, with their releases, by id."""
    rows = db.session.scalars(live().where(Product.id.in_(ids)).options(selectinload(Product.releases)))
    return {product.id: product for product in rows} if ids else {}


def releases_by_id(ids: set[int]) -> dict[int, Release]:
    """Releases that are listed, with their products, by id."""
    rows = db.session.scalars(
        select(Release)
        .where(Release.id.in_(ids), Release.removed_at.is_(None))
        .options(joinedload(Release.product))
    )
    return {release.id: release for release in rows} if ids else {}


def address_of(user: User) -> CalendarAddress | None:
    """The calendar address of a member, if there is one."""
    return db.session.scalar(select(CalendarAddress).where(CalendarAddress.user_id == user.id))


def address_with(handle: str) -> CalendarAddress | None:
    """The calendar address with this handle, unless the account is erased."""
    if not HANDLE.match(handle):
        return None
    return db.session.scalar(
        select(CalendarAddress)
        .join(CalendarAddress.user)
        .where(CalendarAddress.handle == handle, User.erased_at.is_(None))
        .options(joinedload(CalendarAddress.user))
    )
