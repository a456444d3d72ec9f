"""Matches bulletins to products again after the catalogue changed. Nothing commits."""

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from advisories.advisory import ProductEntry
from bulletins import rows
from bulletins.catalogue import Catalogue, Match
from bulletins.models import AffectedProduct, AffectedRelease
from bulletins.verdicts import actions as verdicts
from core.database.db import db

BATCH_SIZE = 2000


def rematch_products(product_ids: Iterable[int] | None = None) -> int:
    """Match rows without a product, and those of `product_ids` (None: all), again.

    Returns how many rows changed.
    """
    wanted = (
        select(AffectedProduct)
        .options(selectinload(AffectedProduct.named_releases))
        .order_by(AffectedProduct.id)
        .limit(BATCH_SIZE)
    )
    if product_ids is not None:
        wanted = wanted.where(
            or_(AffectedProduct.product_id.is_(None), AffectedProduct.product_id.in_(list(product_ids)))
        )
    catalogue = Catalogue()
    last_id = 0
    changed = 0
    bulletin_ids = set()
    while found := db.session.scalars(wanted.where(AffectedProduct.id > last_id)).all():
        entries = {row: rows.to_entry(row) for row in found}
        catalogue.look_up(entries.values())
        for row, entry in entries.items():
            product_id, releases = catalogue(entry)
            if (product_id, releases) != (row.product_id, tuple(r.release_id for r in row.named_releases)):
                _set_match(row, entry, (product_id, releases))
                changed += 1
                bulletin_ids.add(row.bulletin_id)
        last_id = found[-1].id
        db.session.flush()
        for row in found:
            db.session.expunge(row)
    verdicts.refresh_bulletins(bulletin_ids)
    return changed


def _set_match(row: AffectedProduct, entry: ProductEntry, match: Match) -> None:
    row.product_id, releases = match
    row.is_whole = rows.is_whole(entry, match)
    row.named_releases = [known for known in row.named_releases if known.release_id in releases]
    present = {known.release_id for known in row.named_releases}
    row.named_releases += [AffectedRelease(release_id=new) for new in releases if new not in present]
