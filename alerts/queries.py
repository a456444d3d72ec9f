"""Reads of security alerts: who wants which, and what there is to tell them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from alerts import schedule
from alerts.models import AlertNews, Subscription
from auth.models import User
from core.database.db import db
from core.monthly import Monthly
from products.models import OwnedRelease, Product
from products.queries import live


def by_address(email: str) -> Subscription | None:
    """The subscription whose mail goes to this address, confirmed or not."""
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
    return db.session.scalar(
        select(Subscription)
        .where(Subscription.handle == str(handle))
        .options(joinedload(Subscription.user), selectinload(Subscription.products))
    )


def of_member(user) -> Subscription | None:
    """A member's own alerts."""
    return db.session.scalar(
        select(Subscription)
        .where(Subscription.user_id == user.id)
        .options(selectinload(Subscription.products))
    )


def products_named(slugs: Iterable[str]) -> list[Product]:
    """The products with these slugs that are shown, by name."""
    return list(
        db.session.scalars(
            live().where(Product.slug.in_(list(slugs))).order_by(Product.sort_name, Product.id)
        )
    )


def newest_id() -> int:
    """The last piece of news: who subscribes now hears what comes after it."""
    return db.session.scalar(select(func.max(AlertNews.id))) or 0


def counts() -> dict[str, int]:
    """How many addresses get alerts, by rhythm."""
    return dict(
        db.session.execute(
            select(Subscription.cadence, func.count())
            .where(Subscription.confirmed_at.is_not(None))
            .group_by(Subscription.cadence)
            .order_by(Subscription.cadence)
        ).all()
    )


@dataclass(frozen=True)
class Ready:
    """How far the news go that may be told now, those that are urgent and the others."""

    told_id: int
    urgent_id: int


def ready(cadence: str, now: datetime, patch_day: Monthly) -> Ready:
    """What may go to subscriptions of a cadence."""
    newest = db.session.scalar(select(AlertNews.created_at).order_by(AlertNews.id.desc()).limit(1)) or now

    def last(urgent: bool) -> int:
        edge = schedule.cutoff(cadence, now, newest, patch_day, urgent=urgent)
        return (
            db.session.scalar(
                select(AlertNews.id)
                .where(AlertNews.is_urgent == urgent, AlertNews.created_at <= edge)
                .order_by(AlertNews.id.desc())
                .limit(1)
            )
            or 0
        )

    return Ready(told_id=last(False), urgent_id=last(True))


def is_anybody_behind() -> bool:
    """Whether there is anything that some subscription was not told, due or not: the first, cheap look."""

    def last(urgent: bool):
        return select(func.max(AlertNews.id)).where(AlertNews.is_urgent == urgent).scalar_subquery()

    return db.session.scalar(
        select(exists().where(or_(Subscription.told_id < last(False), Subscription.urgent_id < last(True))))
    )


def behind(cadence: str, upto: Ready, now: datetime) -> Select:
    """Subscriptions of a cadence that were not told everything up to there."""
    return select(Subscription).where(
        Subscription.cadence == cadence,
        Subscription.confirmed_at.is_not(None),
        or_(
            and_(Subscription.told_id < upto.told_id, Subscription.free_at <= now),
            Subscription.urgent_id < upto.urgent_id,
        ),
    )


def news(*, told: tuple[int, int], urgent: tuple[int, int]) -> list[AlertNews]:
    """News after the first and up to the second of these numbers, in order."""

    def between(is_urgent: bool, after: int, last: int) -> ColumnElement[bool]:
        return and_(AlertNews.is_urgent == is_urgent, AlertNews.id > after, AlertNews.id <= last)

    return list(
        db.session.scalars(
            select(AlertNews).where(or_(between(False, *told), between(True, *urgent))).order_by(AlertNews.id)
        )
    )


def runs(user) -> set[tuple[int, int | None]]:
    """What a member runs, as (product, release) numbers."""
    return set(
        db.session.execute(
            select(OwnedRelease.product_id, OwnedRelease.release_id).where(OwnedRelease.user_id == user.id)
        ).tuples()
    )
