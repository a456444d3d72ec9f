"""Reads of what a member runs."""

import re

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from auth.models import User
from core.database import paging
from core.database.db import db
from inventory.models import CalendarAddress
from products.models import OwnedRelease, Product, Release
from products.queries import live

HANDLE = re.compile(r"[\w-]{22}$", re.A)


def owned(user) -> list[OwnedRelease]:
    """Everything `user` runs, by name of product."""
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


def page(user, after: paging.PageStart, *, size: int) -> paging.Page:
    """A page of what `user` runs, by name of product; it is a list with a bound."""
    return paging.page_in_memory(
        owned(user),
        lambda row: [row.product.sort_name, row.id],
        after,
        size=size,
        types=[str, int],
        changed=lambda row: row.created_at,
    )


def owned_row(user, owned_id: int) -> OwnedRelease | None:
    """One row, if it is the member's own."""
    return db.session.scalar(
        select(OwnedRelease).where(OwnedRelease.id == owned_id, OwnedRelease.user_id == user.id)
    )


def count(user) -> int:
    """How many rows `user` has."""
    return db.session.scalar(select(func.count()).where(OwnedRelease.user_id == user.id))


def to_pick(slugs: list[str]) -> list[Product]:
    """Products with their releases, to choose from."""
    return list(
        db.session.scalars(
            live()
            .where(Product.slug.in_(slugs))
            .options(selectinload(Product.releases))
            .order_by(Product.sort_name, Product.id)
        )
    )


def resolve(pairs: list[tuple[int, int | None]]) -> list[tuple[Product, Release | None]]:
    """Products and releases by their ids; pairs that do not belong together are left out."""
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
    return [
        (products[product_id], releases.get(release_id))
        for product_id, release_id in pairs
        if product_id in products
        and (release_id is None or (release_id in releases and releases[release_id].product_id == product_id))
    ]


def address_of(user) -> CalendarAddress | None:
    """The member's calendar address, if one was made."""
    return db.session.scalar(select(CalendarAddress).where(CalendarAddress.user_id == user.id))


def address_with(handle: str) -> CalendarAddress | None:
    """The address with this handle, of an account that still exists."""
    if not HANDLE.match(handle):
        return None
    return db.session.scalar(
        select(CalendarAddress)
        .join(CalendarAddress.user)
        .where(CalendarAddress.handle == handle, User.erased_at.is_(None))
        .options(joinedload(CalendarAddress.user))
    )
