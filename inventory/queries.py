"""Queries of the inventory of a member."""

import re

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from auth.models import User, Visitor
from core.database import paging
from core.database.db import db
from inventory.models import CalendarAddress
from products.models import OwnedRelease, Product, Release
from products.queries import live

HANDLE = re.compile(r"[\w-]{22}$", re.A)


def owned(user: User | Visitor) -> list[OwnedRelease]:
    """All entries of `user`, by name of product."""
    return list(
        db.session.scalars(
            select(OwnedRelease)
            .where(OwnedRelease.user_id == user.id)
            .join(OwnedRelease.product)
            .options(
                joinedload(OwnedRelease.product),
                joinedload(OwnedRelease.release).selectinload(Release.phases),
            )
            .order_by(Product.sort_name, Product.id, OwnedRelease.id)
        )
    )


def page(user: User | Visitor, after: paging.PageStart, *, size: int) -> paging.Page:
    """A page of the entries of `user`, by name of product; their number is bounded."""
    return paging.page_in_memory(
        owned(user),
        lambda row: [row.product.sort_name, row.id],
        after,
        size=size,
        types=[str, int],
        changed=lambda row: row.created_at,
    )


def owned_row(user: User | Visitor, owned_id: int) -> OwnedRelease | None:
    """An entry, if it belongs to `user`."""
    return db.session.scalar(
        select(OwnedRelease).where(OwnedRelease.id == owned_id, OwnedRelease.user_id == user.id)
    )


def count(user: User) -> int:
    """Number of entries of `user`."""
    return db.session.scalar(select(func.count()).where(OwnedRelease.user_id == user.id)) or 0


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
