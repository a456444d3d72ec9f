"""Matches bulletins to products again after the catalogue changed. Nothing commits.

Comparing is slow and writes nothing, so it is separate: find_changes() in a transaction that only reads, then
apply() in a short one that writes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from advisories.advisory import ProductEntry
from bulletins import rows
from bulletins.catalogue import Catalogue, Match
from bulletins.models import AffectedProduct, AffectedRelease
from bulletins.verdicts import actions as verdicts
from core.database.db import db, read_transaction

BATCH_SIZE = 2000  # rows that are compared at a time
WRITE_BATCH_SIZE = 100  # rows of a transaction that writes
WITH_RELEASES = selectinload(AffectedProduct.named_releases)


@dataclass(frozen=True)
class Rematch:
    """A row that matches another product than is stored, or other releases."""

    row_id: int
    entry: ProductEntry
    match: Match


def find_changes(product_ids: Iterable[int] | None = None) -> Iterator[list[Rematch]]:
    """Compare rows without a product, and those of `product_ids` (None: all), with the catalogue.

    Yields what has to change in batches of WRITE_BATCH_SIZE. No transaction is open between two of them, and
    none of them takes the write lock.
    """
    wanted = select(AffectedProduct).options(WITH_RELEASES).order_by(AffectedProduct.id).limit(BATCH_SIZE)
    if product_ids is not None:
        wanted = wanted.where(
            or_(AffectedProduct.product_id.is_(None), AffectedProduct.product_id.in_(list(product_ids)))
        )
    catalogue = Catalogue()
    last_id = 0
    while last_id is not None:
        with read_transaction():
            found = db.session.scalars(wanted.where(AffectedProduct.id > last_id)).all()
            changes = _compared(found, catalogue)
            last_id = found[-1].id if found else None
            for row in found:
                db.session.expunge(row)
        for start in range(0, len(changes), WRITE_BATCH_SIZE):
            yield changes[start : start + WRITE_BATCH_SIZE]


def _compared(found: Sequence[AffectedProduct], catalogue: Catalogue) -> list[Rematch]:
    entries = {row: rows.to_entry(row) for row in found}
    catalogue.look_up(entries.values())
    changes = []
    for row, entry in entries.items():
        product_id, releases = catalogue(entry)
        if (product_id, releases) != (row.product_id, tuple(r.release_id for r in row.named_releases)):
            changes.append(Rematch(row.id, entry, (product_id, releases)))
    return changes


def apply(changes: Iterable[Rematch]) -> int:
    """Store matches; a row that was deleted or renamed meanwhile is left alone. Returns how many changed."""
    wanted = {change.row_id: change for change in changes}
    found = db.session.scalars(
        select(AffectedProduct)
        .options(WITH_RELEASES)
        .where(AffectedProduct.id.in_(wanted))
        .order_by(AffectedProduct.id)
        .execution_options(populate_existing=True)
    ).all()
    same = [row for row in found if rows.to_entry(row) == wanted[row.id].entry]
    for row in same:
        _set_match(row, wanted[row.id].entry, wanted[row.id].match)
    db.session.flush()
    verdicts.refresh_bulletins({row.bulletin_id for row in same})
    for row in same:
        db.session.expunge(row)
    return len(same)


def _set_match(row: AffectedProduct, entry: ProductEntry, match: Match) -> None:
    row.product_id, releases = match
    row.is_whole = rows.is_whole(entry, match)
    row.named_releases = [known for known in row.named_releases if known.release_id in releases]
    present = {known.release_id for known in row.named_releases}
    row.named_releases += [AffectedRelease(release_id=new) for new in releases if new not in present]
