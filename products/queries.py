"""Reads of the catalogue. Products are public facts: everyone sees what no moderator removed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from core.database import paging
from core.database.db import db, utcnow
from posts.models import Post, PostTag, Tag
from posts.queries import visible
from products import names
from products.change_models import ImportConflict, ProductChange
from products.lifecycle.phases import SECURITY, SOON, Status, status_on
from products.models import LifecyclePhase, OwnedRelease, Product, ProductName, ProductWord, Release

PAGE = 40
RELATED, FACETS = 5, 30


def today() -> date:
    """The day by which phases are judged, in UTC."""
    return utcnow().date()


@dataclass(frozen=True)
class Glance:
    """A product's line in a list: how many of its releases still get security fixes, and until when."""

    status: Status
    supported: int
    releases: int
    next_end: date | None


def running(column, day: date) -> ColumnElement[bool]:
    """SQL condition: what `column` (a DateOrFlag) says has not ended before `day`."""
    return and_(column >= day, column.not_in([True]))


def live() -> Select:
    """Products that are shown."""
    return select(Product).where(Product.removed_at.is_(None))


def full(slug: str, *, removed: bool = False) -> Product | None:
    """The product with releases, phases and names; a removed one only when asked for."""
    statement = select(Product).where(Product.slug == slug) if removed else live().where(Product.slug == slug)
    return db.session.scalar(
        _with_releases(statement).options(selectinload(Product.names), selectinload(Product.words))
    )


def _with_releases(statement: Select) -> Select:
    return statement.options(selectinload(Product.releases).selectinload(Release.phases))


def by_alias(text: str) -> Product | None:
    """The only product that `text` names, for addresses under another spelling."""
    called = select(ProductName.product_id).where(
        ProductName.kind.in_((names.TITLE, names.NAME)), ProductName.key == names.name_key(text)
    )
    found = list(db.session.scalars(live().where(Product.id.in_(called)).limit(2)))
    return found[0] if len(found) == 1 else None


def products(
    *,
    text: str = "",
    category: str = "",
    vendor: str = "",
    status: str = "",
    after: paging.PageStart = None,
    size: int = PAGE,
) -> paging.Page:
    """Products by name: those that have every word begun in `text`, of a category, vendor, Status."""
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
    """SQL condition: the product was added, or it or a release of it changed, at this time or later."""
    return or_(
        Product.created_at >= since,
        Product.id.in_(select(ProductChange.product_id).where(ProductChange.created_at >= since)),
    )


def _matching(statement: Select, text: str) -> Select:
    for word in names.words(text)[:6]:
        begun = select(ProductWord.product_id).where(
            ProductWord.word >= word, ProductWord.word < word + "\U0010ffff"
        )
        statement = statement.where(Product.id.in_(begun))
    return statement


def _has_status(status: str, day: date) -> ColumnElement[bool]:
    ending = Product.id.in_(_soon_ending(day))
    supported = running(Product.supported_until, day)
    return {
        Status.SUPPORTED: supported,
        Status.ENDING: and_(supported, ending),
        Status.ENDED: and_(Product.supported_until.is_not(None), ~supported),
        Status.UNKNOWN: Product.supported_until.is_(None),
    }[Status(status)]


def _soon_ending(day: date) -> Select:
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
    """Products whose names go on like what is being typed."""
    if not names.words(text):
        return []
    return list(
        db.session.scalars(_matching(live(), text).order_by(Product.sort_name, Product.id).limit(limit))
    )


def glances(found: Iterable[Product], day: date) -> dict[int, Glance]:
    """What a list says of each product, by id; one query for a whole page."""
    rows = {product.id: product for product in found}
    ends = LifecyclePhase.ends
    counted = db.session.execute(
        select(
            Release.product_id,
            func.count(),
            func.count(case((running(ends, day), 1))),
            func.min(case((ends.between(day, date.max), ends))),
        )
        .outerjoin(
            LifecyclePhase, and_(LifecyclePhase.release_id == Release.id, LifecyclePhase.kind == SECURITY)
        )
        .where(Release.product_id.in_(rows), Release.removed_at.is_(None))
        .group_by(Release.product_id)
    )
    glance = {
        pid: Glance(status_on(rows[pid].supported_until, next_end, day), supported, total, next_end)
        for pid, total, supported, next_end in counted
    }
    none = Glance(Status.UNKNOWN, 0, 0, None)
    return {product_id: glance.get(product_id, none) for product_id in rows}


def facets() -> tuple[dict[str, int], dict[str, int]]:
    """How many products there are by category and by vendor, the large ones first."""

    def counted(column) -> dict[str, int]:
        return dict(
            db.session.execute(
                select(column, func.count())
                .where(Product.removed_at.is_(None), column != "")
                .group_by(column)
                .order_by(func.count().desc(), column)
                .limit(FACETS)
            ).all()
        )

    return counted(Product.category), counted(Product.vendor)


def related_posts(product: Product, user) -> tuple[list[Tag], list[Post]]:
    """Tags called like the product, and the newest questions and articles under them."""
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
        .limit(RELATED)
    )
    return tags, list(
        db.session.scalars(
            visible(Post, user).where(Post.id.in_(ids)).order_by(Post.created_at.desc(), Post.id.desc())
        )
    )


def history(product: Product, after: paging.PageStart = None) -> paging.Page:
    """Every change of a product and its releases, newest first."""
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


def news(limit: int = 40) -> list[ProductChange]:
    """New products and changed dates, newest first, for the feed."""
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
    """What imports dispute and no moderator has decided, of one product or all."""
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
    """One of them."""
    return db.session.scalar(
        select(ImportConflict)
        .where(ImportConflict.id == conflict_id, ImportConflict.decided_at.is_(None))
        .options(joinedload(ImportConflict.product), joinedload(ImportConflict.release))
    )


def edits_since(thing: Product | Release, number: int) -> list[ProductChange] | None:
    """The changes of its facts since a version, newest first; None when there were not so many."""
    wanted = thing.revision_count - number
    if wanted < 0:
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
            .limit(wanted)
        )
    )
    return rows if len(rows) == wanted else None


def anew(thing: Product | Release) -> Product | Release:
    """A product or a release, read anew with all that its form shows."""
    product = full(thing.slug if isinstance(thing, Product) else thing.product.slug, removed=True)
    return product if isinstance(thing, Product) else next(r for r in product.releases if r.id == thing.id)


def owned_of_product(user, product: Product) -> list[OwnedRelease]:
    """What `user` runs of one product."""
    if user.id is None:
        return []
    return list(
        db.session.scalars(
            select(OwnedRelease).where(OwnedRelease.user_id == user.id, OwnedRelease.product_id == product.id)
        )
    )
