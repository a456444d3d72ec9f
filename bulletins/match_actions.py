"""Products that join the catalogue after a bulletin are found in it all the same. Nothing commits."""

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from advisories.advisory import ProductEntry
from advisories.codec import load
from bulletins import rows
from bulletins.catalogue import Catalogue
from bulletins.models import AffectedProduct, AffectedRelease
from core.database.db import db

SLICE = 2000


def rematch_products(product_ids: Iterable[int] | None = None) -> int:
    """Look up rows without a product, and those of `product_ids` (None: all); how many changed."""
    wanted = (
        select(AffectedProduct)
        .options(selectinload(AffectedProduct.named_releases))
        .order_by(AffectedProduct.id)
        .limit(SLICE)
    )
    if product_ids is not None:
        wanted = wanted.where(
            or_(AffectedProduct.product_id.is_(None), AffectedProduct.product_id.in_(list(product_ids)))
        )
    catalogue, last, changed = Catalogue(), 0, 0
    while found := db.session.scalars(wanted.where(AffectedProduct.id > last)).all():
        entries = {row: _entry(row) for row in found}
        catalogue.learn(entries.values())
        for row, entry in entries.items():
            product_id, releases = catalogue(entry)
            if (product_id, releases) != (row.product_id, tuple(r.release_id for r in row.named_releases)):
                row.product_id = product_id
                row.is_whole = rows.is_whole(entry, (product_id, releases))
                row.named_releases = [known for known in row.named_releases if known.release_id in releases]
                have = {known.release_id for known in row.named_releases}
                row.named_releases += [AffectedRelease(release_id=new) for new in releases if new not in have]
                changed += 1
        last = found[-1].id
        db.session.flush()
        for row in found:
            db.session.expunge(row)
    return changed


def _entry(row: AffectedProduct) -> ProductEntry:
    return load(
        ProductEntry,
        {**row.more, "id": row.key, "name": row.name, "vendor": row.vendor, "version": row.version},
    )
