"""Queries for ends of support."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import contains_eager

from auth.models import User
from core.database import paging
from core.database.db import db
from products.inventories.queries import OneInventory, Owner, is_used_by
from products.lifecycle.phases import SECURITY, SUPPORT
from products.models import LifecyclePhase, OwnedRelease, Product, Release

PAGE_SIZE = 100
MAX_PHASES = 2_000


def _phases_ending(kinds: Iterable[str], first: date, last: date) -> Select:
    """Phases of these kinds that end between two days, with releases and products."""
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


def owned_by(user: Owner) -> ColumnElement[bool]:
    """SQL condition on Release: `user` runs it, or its product as a whole."""
    return exists().where(
        is_used_by(user),
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
    owner: User | OneInventory | None = None,
    after: paging.PageStart = None,
    size: int = PAGE_SIZE,
) -> paging.Page:
    """Ends within `days` from `day` on, next first; of a category, of the inventory of `owner`."""
    statement = _filter(_phases_ending([kind], day, day + timedelta(days=days)), category, owner)
    return paging.keyset(
        statement,
        [LifecyclePhase.ends, LifecyclePhase.id],
        after=after,
        size=size,
        descending=False,
        changed=paging.changed_at_any(LifecyclePhase.changed_at),
    )


def ended(
    day: date,
    days: int,
    *,
    kind: str = SECURITY,
    category: str = "",
    owner: User | OneInventory | None = None,
    limit: int = 10,
) -> list[LifecyclePhase]:
    """Ends within `days` before `day`, latest first."""
    statement = _filter(
        _phases_ending([kind], day - timedelta(days=days), day - timedelta(days=1)), category, owner
    )
    return list(
        db.session.scalars(
            statement.order_by(LifecyclePhase.ends.desc(), LifecyclePhase.id.desc()).limit(limit)
        )
    )


def _filter(statement: Select, category: str, owner: User | OneInventory | None) -> Select:
    if category:
        statement = statement.where(Product.category == category)
    return statement.where(owned_by(owner)) if owner is not None else statement


def around(
    day: date,
    *,
    before: int,
    ahead: int,
    kinds: Iterable[str] = (SECURITY,),
    category: str = "",
    owner: User | OneInventory | None = None,
) -> list[LifecyclePhase]:
    """At most MAX_PHASES ends from `before` days before `day` to `ahead` days after, in order."""
    statement = _phases_ending(list(kinds), day - timedelta(days=before), day + timedelta(days=ahead))
    return list(
        db.session.scalars(
            _filter(statement, category, owner)
            .order_by(LifecyclePhase.ends, LifecyclePhase.id)
            .limit(MAX_PHASES)
        )
    )


def ends_for_member(user: User, day: date, *, before: int = 365, ahead: int = 3650) -> list[LifecyclePhase]:
    """Ends of a member's inventory, without active support where security support ends on the same day."""
    found = around(day, before=before, ahead=ahead, kinds=SUPPORT, owner=user)
    security = {(phase.release_id, phase.ends) for phase in found if phase.kind == SECURITY}
    return [
        phase for phase in found if phase.kind == SECURITY or (phase.release_id, phase.ends) not in security
    ]
