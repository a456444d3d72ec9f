"""Reads of what ends when, for the page, the feeds and the calendars."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import contains_eager

from core.database import paging
from core.database.db import db
from products.lifecycle.phases import SECURITY, SUPPORT
from products.models import LifecyclePhase, OwnedRelease, Product, Release

PAGE = 100
MOST = 2_000


def _ends(kinds: Iterable[str], first: date, last: date) -> Select:
    """Phases of these kinds that end between two days, with release and product."""
    return (
        select(LifecyclePhase)
        .join(LifecyclePhase.release)
        .join(Release.product)
        .where(
            LifecyclePhase.kind.in_(kinds),
            LifecyclePhase.ends.between(first, last),
            Release.removed_at.is_(None),
            Product.removed_at.is_(None),
        )
        .options(contains_eager(LifecyclePhase.release).contains_eager(Release.product))
    )


def owned_by(user) -> ColumnElement[bool]:
    """SQL condition on a Release: `user` runs it, or its product as a whole."""
    return exists().where(
        OwnedRelease.user_id == user.id,
        or_(
            OwnedRelease.release_id == Release.id,
            and_(OwnedRelease.release_id.is_(None), OwnedRelease.product_id == Release.product_id),
        ),
    )


def ending(
    day: date,
    days: int,
    *,
    kind: str = SECURITY,
    category: str = "",
    owner=None,
    after: paging.PageStart = None,
    size: int = PAGE,
) -> paging.Page:
    """What ends within `days` from `day` on, the next first; of a category, of what `owner` runs."""
    statement = _filtered(_ends([kind], day, day + timedelta(days=days)), category, owner)
    return paging.keyset(
        statement,
        [LifecyclePhase.ends, LifecyclePhase.id],
        after=after,
        size=size,
        descending=False,
        changed=paging.changed_at_any(LifecyclePhase.changed_at),
    )


def ended(
    day: date, days: int, *, kind: str = SECURITY, category: str = "", owner=None, limit: int = 10
) -> list[LifecyclePhase]:
    """What ended within `days` before `day`, the last first."""
    statement = _filtered(_ends([kind], day - timedelta(days=days), day - timedelta(days=1)), category, owner)
    return list(
        db.session.scalars(
            statement.order_by(LifecyclePhase.ends.desc(), LifecyclePhase.id.desc()).limit(limit)
        )
    )


def _filtered(statement: Select, category: str, owner) -> Select:
    if category:
        statement = statement.where(Product.category == category)
    return statement.where(owned_by(owner)) if owner is not None else statement


def around(
    day: date, *, before: int, ahead: int, kinds: Iterable[str] = (SECURITY,), category: str = "", owner=None
) -> list[LifecyclePhase]:
    """What ends in a window around `day`, in order, for feeds, exports and calendars."""
    statement = _ends(list(kinds), day - timedelta(days=before), day + timedelta(days=ahead))
    return list(
        db.session.scalars(
            _filtered(statement, category, owner).order_by(LifecyclePhase.ends, LifecyclePhase.id).limit(MOST)
        )
    )


def of_member(user, day: date, *, before: int = 365, ahead: int = 3650) -> list[LifecyclePhase]:
    """The ends of everything a member runs, without active support where security ends that day too."""
    found = around(day, before=before, ahead=ahead, kinds=SUPPORT, owner=user)
    security = {(phase.release_id, phase.ends) for phase in found if phase.kind == SECURITY}
    return [
        phase for phase in found if phase.kind == SECURITY or (phase.release_id, phase.ends) not in security
    ]
