"""Reads of installed versions."""

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import joinedload

from auth.models import User, Visitor
from core.database.db import db
from inventory.versions.models import InstalledComponent, InstalledName, InstalledVersion
from products.inventories.queries import Owner, used_ids

BATCH_SIZE = 500


def is_mine(user: Owner) -> ColumnElement[bool]:
    """SQL condition on an InstalledComponent: it is in an inventory that `user` uses."""
    return InstalledComponent.inventory_id.in_(used_ids(user))


def with_keys(keys: Iterable[str], product_ids: Collection[int]) -> list[InstalledVersion]:
    """The versions that share a key or a product with a bulletin."""
    found: dict[int, InstalledVersion] = {}
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), BATCH_SIZE):
        ids = select(InstalledName.version_id).where(
            InstalledName.key.in_(wanted[start : start + BATCH_SIZE])
        )
        for row in db.session.scalars(select(InstalledVersion).where(InstalledVersion.id.in_(ids))):
            found[row.id] = row
    ordered = sorted(product_ids)
    for start in range(0, len(ordered), BATCH_SIZE):
        batch = ordered[start : start + BATCH_SIZE]
        for row in db.session.scalars(select(InstalledVersion).where(InstalledVersion.product_id.in_(batch))):
            found[row.id] = row
    return list(found.values())


def existing_ids(ids: Collection[int]) -> set[int]:
    """Those of the ids that are versions."""
    found: set[int] = set()
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH_SIZE):
        batch = ordered[start : start + BATCH_SIZE]
        found.update(db.session.scalars(select(InstalledVersion.id).where(InstalledVersion.id.in_(batch))))
    return found


def mine(user: User | Visitor) -> list[InstalledComponent]:
    """All that `user` has installed, by name."""
    return list(
        db.session.scalars(
            select(InstalledComponent)
            .join(InstalledComponent.version)
            .where(is_mine(user))
            .options(joinedload(InstalledComponent.version))
            .order_by(InstalledVersion.name, InstalledVersion.version, InstalledComponent.id)
        )
    )


def mine_with_keys(
    user: User | Visitor, keys: Select, product_ids: Select, *, limit: int
) -> list[InstalledVersion]:
    """What `user` has that shares a key or a product with a bulletin; both are SELECTs."""
    named = select(InstalledName.version_id).where(InstalledName.key.in_(keys))
    return list(
        db.session.scalars(
            select(InstalledVersion)
            .where(
                InstalledVersion.id.in_(select(InstalledComponent.version_id).where(is_mine(user))),
                or_(
                    InstalledVersion.id.in_(named),
                    InstalledVersion.product_id.in_(product_ids),
                ),
            )
            .order_by(InstalledVersion.name, InstalledVersion.version, InstalledVersion.id)
            .limit(limit)
        )
    )


def not_compared(limit: int) -> list[InstalledVersion]:
    """Versions that bulletins were not compared with yet."""
    return list(
        db.session.scalars(
            select(InstalledVersion)
            .where(InstalledVersion.compared_at.is_(None))
            .order_by(InstalledVersion.id)
            .limit(limit)
        )
    )


def keys_of(version_ids: Collection[int]) -> dict[int, set[str]]:
    """The stored keys of versions."""
    found: dict[int, set[str]] = {}
    rows = select(InstalledName.version_id, InstalledName.key).where(
        InstalledName.version_id.in_(version_ids)
    )
    for version_id, key in db.session.execute(rows):
        found.setdefault(version_id, set()).add(key)
    return found
