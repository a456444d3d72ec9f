"""Queries of the catalogue. Everyone may see products that are not removed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import InstrumentedAttribute, contains_eager, joinedload, selectinload

from auth.models import User, Visitor
from core.database import paging
from core.database.db import db, utcnow
from posts.models import Post, PostTag, Tag
from posts.queries import visible
from products import names
from products.change_models import ImportConflict, ProductChange
from products.inventories.queries import is_used_by
from products.lifecycle.phases import SECURITY, SOON, Status, status_on
from products.models import LifecyclePhase, OwnedRelease, Product, ProductName, ProductWord, Release

PAGE_SIZE = 40
MAX_RELATED_POSTS = 5
MAX_FACETS = 30


def today() -> date:
    """The current day in UTC, by which phases are determined."""
    return utcnow().date()


class ProductFilters(TypedDict):
    """Filters of products(); an empty one matches everything."""

    text: str
    category: str
    vendor: str
    status: str


@dataclass(frozen=True)
class ProductSummary:
    """Support of a product in a list: releases with security support, all releases, and the next end."""

    status: Status
    supported: int
    releases: int
    next_end: date | None


def not_ended(column: InstrumentedAttribute, day: date) -> ColumnElement[bool]:
    """SQL condition: `column` (a DateOrFlag) has not ended before `day`."""
    return and_(column >= day, column.not_in([True]))


def live() -> Select:
    """SELECT of the products that are not removed."""
    return select(Product).where(Product.removed_at.is_(None))


def full(slug: str, *, removed: bool = False) -> Product | None:
    """The product with releases, phases and names; a removed one only with `removed`."""
    statement = select(Product).where(Product.slug == slug) if removed else live().where(Product.slug == slug)
    return db.session.scalar(
        _with_releases(statement).options(selectinload(Product.names), selectinload(Product.words))
    )


def _with_releases(statement: Select) -> Select:
    return statement.options(selectinload(Product.releases).selectinload(Release.phases))


def by_alias(text: str) -> Product | None:
    """The product with this name, if it is the only one; for URLs with another spelling."""
    product_ids = select(ProductName.product_id).where(
        ProductName.kind.in_((names.TITLE, names.NAME)), ProductName.key == names.name_key(text)
    )
    found = list(db.session.scalars(live().where(Product.id.in_(product_ids)).limit(2)))
    return found[0] if len(found) == 1 else None


def products(
    *,
    text: str = "",
    category: str = "",
    vendor: str = "",
    status: str = "",
    after: paging.PageStart = None,
    size: int = PAGE_SIZE,
) -> paging.Page:
    """A page of products by name; every word of `text` must be a prefix of a word of its names."""
    statement = _matching(live(), text)
    if category:
        statement = statement.where(Product.category == category)
    if vendor:
        statement = statement.where(Product.vendor == vendor)
    if status:
        statement = statement.where(_has_status(status, today()))
    return paging.keyset(
        statement,
        [Product.sort_name, Product.id],
        after=after,
        size=size,
        descending=False,
        changed=paging.ChangeFilter(_changed),
    )


def _changed(since: datetime) -> ColumnElement[bool]:
    """SQL condition: the product or one of its releases was added or changed at `since` or later."""
    return or_(
        Product.created_at >= since,
        Product.id.in_(select(ProductChange.product_id).where(ProductChange.created_at >= since)),
    )


def _matching(statement: Select, text: str) -> Select:
    for word in names.words(text)[:6]:
        product_ids = select(ProductWord.product_id).where(
            ProductWord.word >= word, ProductWord.word < word + "\U0010ffff"
        )
        statement = statement.where(Product.id.in_(product_ids))
    return statement


def _has_status(status: str, day: date) -> ColumnElement[bool]:
    ending = Product.id.in_(_product_ids_ending_soon(day))
    supported = not_ended(Product.supported_until, day)
    return {
        Status.SUPPORTED: supported,
        Status.ENDING: and_(supported, ending),
        Status.ENDED: and_(Product.supported_until.is_not(None), ~supported),
        Status.UNKNOWN: Product.supported_until.is_(None),
    }[Status(status)]


def _product_ids_ending_soon(day: date) -> Select:
    return (
        select(Release.product_id)
        .join(Release.phases)
        .where(
            LifecyclePhase.kind == SECURITY,
            LifecyclePhase.ends.between(day, day + SOON),
            Release.removed_at.is_(None),
        )
    )


def suggestions(text: str, limit: int = 8) -> list[Product]:
    """Products whose names have words with the typed prefixes."""
    if not names.words(text):
        return []
    return list(
        db.session.scalars(_matching(live(), text).order_by(Product.sort_name, Product.id).limit(limit))
    )


def summaries(found: Iterable[Product], day: date) -> dict[int, ProductSummary]:
    """Support of each product by id; one query."""
    rows = {product.id: product for product in found}
    ends = LifecyclePhase.ends
    counted = db.session.execute(
        select(
            Release.product_id,
            func.count(),
            func.count(case((not_ended(ends, day), 1))),
            func.min(case((ends.between(day, date.max), ends))),
        )
        .outerjoin(
            LifecyclePhase, and_(LifecyclePhase.release_id == Release.id, LifecyclePhase.kind == SECURITY)
        )
        .where(Release.product_id.in_(rows), Release.removed_at.is_(None))
        .group_by(Release.product_id)
    )
    summaries = {
        pid: ProductSummary(status_on(rows[pid].supported_until, next_end, day), supported, total, next_end)
        for pid, total, supported, next_end in counted
    }
    none = ProductSummary(Status.UNKNOWN, 0, 0, None)
    return {product_id: summaries.get(product_id, none) for product_id in rows}


def facets() -> tuple[dict[str, int], dict[str, int]]:
    """(count by category, count by vendor) of products, largest first."""

    def counted(column: InstrumentedAttribute[str]) -> dict[str, int]:
        rows = db.session.execute(
            select(column, func.count())
            .where(Product.removed_at.is_(None), column != "")
            .group_by(column)
            .order_by(func.count().desc(), column)
            .limit(MAX_FACETS)
        )
        return dict(rows.tuples().all())

    return counted(Product.category), counted(Product.vendor)


def related_posts(product: Product, user: User | Visitor) -> tuple[list[Tag], list[Post]]:
    """Tags with a name of the product, and their newest questions and articles."""
    spellings = {
        product.slug,
        *(
            name.value.lower().replace(" ", "-")
            for name in product.names
            if name.kind in (names.NAME, names.TITLE)
        ),
    }
    tags = list(db.session.scalars(select(Tag).where(Tag.name.in_(spellings), Tag.post_count > 0)))
    if not tags:
        return [], []
    ids = (
        select(PostTag.post_id)
        .where(
            PostTag.tag_id.in_([tag.id for tag in tags]),
            PostTag.is_public,
            PostTag.kind.in_(("question", "article")),
        )
        .order_by(PostTag.created_at.desc(), PostTag.post_id.desc())
        .limit(MAX_RELATED_POSTS)
    )
    return tags, list(
        db.session.scalars(
            visible(Post, user).where(Post.id.in_(ids)).order_by(Post.created_at.desc(), Post.id.desc())
        )
    )


def history(product: Product, after: paging.PageStart = None) -> paging.Page:
    """A page of the changes of a product and its releases, newest first."""
    statement = (
        select(ProductChange)
        .where(ProductChange.product_id == product.id)
        .options(
            joinedload(ProductChange.release),
            joinedload(ProductChange.actor),
            joinedload(ProductChange.product),
        )
    )
    return paging.keyset(
        statement, [ProductChange.id], after=after, changed=paging.changed_at_any(ProductChange.created_at)
    )


def change(product: Product, change_id: int) -> ProductChange | None:
    """One change of this product."""
    return db.session.scalar(
        select(ProductChange)
        .where(ProductChange.id == change_id, ProductChange.product_id == product.id)
        .options(
            joinedload(ProductChange.product), joinedload(ProductChange.release).selectinload(Release.phases)
        )
    )


def recent_changes(limit: int = 40) -> list[ProductChange]:
    """New products and changed dates, newest first."""
    return list(
        db.session.scalars(
            select(ProductChange)
            .where(ProductChange.is_news)
            .join(ProductChange.product)
            .where(Product.removed_at.is_(None))
            .options(
                contains_eager(ProductChange.product),
                joinedload(ProductChange.release),
                joinedload(ProductChange.actor),
            )
            .order_by(ProductChange.id.desc())
            .limit(limit)
        )
    )


def conflicts(product: Product | None = None, limit: int = 100) -> list[ImportConflict]:
    """Unresolved import conflicts of one product or all."""
    statement = (
        select(ImportConflict)
        .where(ImportConflict.decided_at.is_(None))
        .options(
            joinedload(ImportConflict.product).selectinload(Product.names),
            joinedload(ImportConflict.release).selectinload(Release.phases),
        )
    )
    if product is not None:
        statement = statement.where(ImportConflict.product_id == product.id)
    return list(db.session.scalars(statement.order_by(ImportConflict.id).limit(limit)))


def conflict(conflict_id: int) -> ImportConflict | None:
    """An unresolved import conflict."""
    return db.session.scalar(
        select(ImportConflict)
        .where(ImportConflict.id == conflict_id, ImportConflict.decided_at.is_(None))
        .options(joinedload(ImportConflict.product), joinedload(ImportConflict.release))
    )


def edits_since(thing: Product | Release, number: int) -> list[ProductChange] | None:
    """Changes of facts since version `number`, newest first; None when there were fewer."""
    count = thing.revision_count - number
    if count < 0:
        return None
    is_release = isinstance(thing, Release)
    rows = list(
        db.session.scalars(
            select(ProductChange)
            .where(
                ProductChange.product_id == (thing.product_id if is_release else thing.id),
                ProductChange.release_id == (thing.id if is_release else None),
                ProductChange.verb.in_(("edited", "undone", "decided")),
            )
            .options(joinedload(ProductChange.actor))
            .order_by(ProductChange.id.desc())
            .limit(count)
        )
    )
    return rows if len(rows) == count else None


def reload(thing: Product | Release) -> Product | Release:
    """Read a product or release again with everything that its form shows; raises NoResultFound."""
    product = full(thing.slug if isinstance(thing, Product) else thing.product.slug, removed=True)
    if product is None:
        raise NoResultFound
    return product if isinstance(thing, Product) else next(r for r in product.releases if r.id == thing.id)


def owned_of_product(user: User | Visitor, product: Product) -> list[OwnedRelease]:
    """Entries of one product in the inventories that `user` uses."""
    if user.id is None:
        return []
    return list(
        db.session.scalars(
            select(OwnedRelease).where(is_used_by(user), OwnedRelease.product_id == product.id)
        )
    )
