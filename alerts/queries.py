"""Reads of security alerts: subscriptions, and news that they have not been mailed yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from alerts import schedule
from alerts.models import AlertNews, Subscription
from auth.models import User, Visitor
from core.database.db import db
from core.monthly import Monthly
from products.models import OwnedRelease, Product
from products.queries import live


def by_address(email: str) -> Subscription | None:
    """The subscription, confirmed or not, whose mail goes to this address."""
    return db.session.scalar(
        select(Subscription)
        .outerjoin(Subscription.user)
        .where(or_(Subscription.email == email, User.email == email))
        .options(joinedload(Subscription.user))
        .order_by(Subscription.id)
        .limit(1)
    )


def by_handle(handle: object) -> Subscription | None:
    """The subscription of a signed link, with its products."""
    return db.session.scalar(_with_products(handle))


def get(handle: str) -> Subscription:
    """The subscription with this handle, with its products; it must exist."""
    return db.session.execute(_with_products(handle)).scalar_one()


def _with_products(handle: object) -> Select[Subscription]:
    return (
        select(Subscription)
        .where(Subscription.handle == str(handle))
        .options(joinedload(Subscription.user), selectinload(Subscription.products))
    )


def of_member(user: User | Visitor) -> Subscription | None:
    """A member's own alerts."""
    return db.session.scalar(
        select(Subscription)
        .where(Subscription.user_id == user.id)
        .options(selectinload(Subscription.products))
    )


def products_named(slugs: Iterable[str]) -> list[Product]:
    """The listed products with these slugs, sorted by name."""
    return list(
        db.session.scalars(
            live().where(Product.slug.in_(list(slugs))).order_by(Product.sort_name, Product.id)
        )
    )


def newest_id() -> int:
    """The id of the newest news; 0 when there is none."""
    return db.session.scalar(select(func.max(AlertNews.id))) or 0


def counts() -> dict[str, int]:
    """The number of confirmed subscriptions by cadence."""
    return dict(
        db.session.execute(
            select(Subscription.cadence, func.count())
            .where(Subscription.confirmed_at.is_not(None))
            .group_by(Subscription.cadence)
            .order_by(Subscription.cadence)
        )
        .tuples()
        .all()
    )


@dataclass(frozen=True)
class DueNews:
    """Ids of the newest news, urgent and other, that may be mailed now."""

    told_id: int
    urgent_id: int


def due_news(cadence: str, now: datetime, patch_day: Monthly) -> DueNews:
    """The news that may be mailed now to subscriptions of a cadence."""
    newest = db.session.scalar(select(AlertNews.created_at).order_by(AlertNews.id.desc()).limit(1)) or now

    def last(urgent: bool) -> int:
        cutoff = schedule.cutoff(cadence, now, newest, patch_day, urgent=urgent)
        return (
            db.session.scalar(
                select(AlertNews.id)
                .where(AlertNews.is_urgent == urgent, AlertNews.created_at <= cutoff)
                .order_by(AlertNews.id.desc())
                .limit(1)
            )
            or 0
        )

    return DueNews(told_id=last(False), urgent_id=last(True))


def has_pending() -> bool:
    """Whether any subscription has unmailed news, due or not: one cheap query."""

    def last(urgent: bool) -> ScalarSelect[int]:
        return select(func.max(AlertNews.id)).where(AlertNews.is_urgent == urgent).scalar_subquery()

    return bool(
        db.session.scalar(
            select(
                exists().where(or_(Subscription.told_id < last(False), Subscription.urgent_id < last(True)))
            )
        )
    )


def pending(cadence: str, due: DueNews, now: datetime) -> Select[Subscription]:
    """SELECT of the subscriptions of a cadence that have not been mailed all due news."""
    return select(Subscription).where(
        Subscription.cadence == cadence,
        Subscription.confirmed_at.is_not(None),
        or_(
            and_(Subscription.told_id < due.told_id, Subscription.free_at <= now),
            Subscription.urgent_id < due.urgent_id,
        ),
    )


def first_alerts(bulletin_ids: Iterable[int]) -> dict[int, AlertNews]:
    """The first news about each of these bulletins, by bulletin id."""
    rows = db.session.scalars(
        select(AlertNews).where(AlertNews.bulletin_id.in_(list(bulletin_ids))).order_by(AlertNews.id.desc())
    )
    return {row.bulletin_id: row for row in rows}


def news(*, other: tuple[int, int], urgent: tuple[int, int]) -> list[AlertNews]:
    """Urgent and other news with ids after the first and up to the second bound, in order."""

    def between(is_urgent: bool, after: int, last: int) -> ColumnElement[bool]:
        return and_(AlertNews.is_urgent == is_urgent, AlertNews.id > after, AlertNews.id <= last)

    return list(
        db.session.scalars(
            select(AlertNews)
            .where(or_(between(False, *other), between(True, *urgent)))
            .order_by(AlertNews.id)
        )
    )


def owned_releases(user: User) -> set[tuple[int, int | None]]:
    """A member's products as (product id, release id); None for all releases."""
    return set(
        db.session.execute(
            select(OwnedRelease.product_id, OwnedRelease.release_id).where(OwnedRelease.user_id == user.id)
        ).tuples()
    )
