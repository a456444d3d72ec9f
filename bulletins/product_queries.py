"""Reads of the products of one bulletin, a page at a time: some documents name 30,000."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from bulletins.filters import AFFECTED
from bulletins.models import AffectedProduct, AffectedRelease
from core.database.db import db
from products.models import Release

ORDER = ("affected", "fixed", "under_investigation", "unknown", "", "not_affected")  # of the page
FIRST = ("affected", "fixed")  # shown of a long list, until the reader asks for others
ALL = "all"
PAGE_SIZE = 100
MAX_TEXT_CHARACTERS = 100  # of the filter by name
MAX_ENDED = 300  # products past their end of life that a page counts
BATCH_SIZE = 500


@dataclass(frozen=True)
class ProductFilter:
    """What a reader asks to see: a status ("" is "listed only"), ALL, or None; a part of the name.

    `after` is the place of the last row before the page: rank of its status and position.
    """

    status: str | None = None
    text: str = ""
    after: tuple[int, int] | None = None


@dataclass
class ProductPage:
    """Rows of the table of products; `counts` are all products by status, `next` is the next `after`.

    `is_shortened`: a long list of which only the first PAGE_SIZE of each status in FIRST are shown.
    """

    rows: list[AffectedProduct]
    counts: dict[str, int]
    wanted: ProductFilter
    is_shortened: bool
    next: str | None

    @property
    def total(self) -> int:
        """The number of all products of the bulletin."""
        return sum(self.counts.values())


def parse_filter(status: str | None, text: str, after: str) -> ProductFilter:
    """The filter in query parameters; unknown values are ignored."""
    wanted = status if status == ALL or status in ORDER else None
    rank, _dash, position = after.partition("-")
    is_place = rank.isdigit() and position.isdigit() and len(after) < 20
    place = (int(rank), int(position)) if is_place else None
    return ProductFilter(wanted, text.strip()[:MAX_TEXT_CHARACTERS], place)


def page(bulletin_id: int, wanted: ProductFilter) -> ProductPage:
    """The first products that match, the affected and the fixed ones first; few queries at any length."""
    counted = db.session.execute(
        select(AffectedProduct.status, func.count())
        .where(AffectedProduct.bulletin_id == bulletin_id)
        .group_by(AffectedProduct.status)
    )
    counts = dict(counted.tuples().all())
    is_shortened = (
        wanted.status is None
        and not wanted.text
        and sum(counts.values()) > PAGE_SIZE
        and any(counts.get(each) for each in FIRST)
    )
    if is_shortened:
        rows = [row for status in FIRST for row in _rows(bulletin_id, status, PAGE_SIZE)]
        return ProductPage(rows, counts, wanted, is_shortened, None)
    rank = case({status: place for place, status in enumerate(ORDER)}, value=AffectedProduct.status, else_=9)
    statement = select(AffectedProduct).where(AffectedProduct.bulletin_id == bulletin_id)
    if wanted.status not in (None, ALL):
        statement = statement.where(AffectedProduct.status == wanted.status)
    if wanted.text:
        statement = statement.where(_matches(wanted.text))
    if wanted.after is not None:
        after_rank, after_position = wanted.after
        statement = statement.where(
            or_(rank > after_rank, (rank == after_rank) & (AffectedProduct.position > after_position))
        )
    found = list(
        db.session.scalars(
            _with_releases(statement).order_by(rank, AffectedProduct.position).limit(PAGE_SIZE + 1)
        )
    )
    rows = found[:PAGE_SIZE]
    last = rows[-1] if len(found) > PAGE_SIZE else None
    place = f"{ORDER.index(last.status) if last.status in ORDER else 9}-{last.position}" if last else None
    return ProductPage(rows, counts, wanted, is_shortened, place)


def _rows(bulletin_id: int, status: str, limit: int) -> list[AffectedProduct]:
    statement = select(AffectedProduct).where(
        AffectedProduct.bulletin_id == bulletin_id, AffectedProduct.status == status
    )
    return list(db.session.scalars(_with_releases(statement).order_by(AffectedProduct.position).limit(limit)))


def affected_with_releases(bulletin_id: int) -> list[AffectedProduct]:
    """The affected products whose releases the catalogue knows, up to MAX_ENDED, with their phases."""
    statement = select(AffectedProduct).where(
        AffectedProduct.bulletin_id == bulletin_id,
        AffectedProduct.status == AFFECTED,
        AffectedProduct.named_releases.any(),
    )
    return list(
        db.session.scalars(_with_releases(statement).order_by(AffectedProduct.position).limit(MAX_ENDED))
    )


def names(bulletin_id: int, keys: Iterable[str]) -> dict[str, str]:
    """The names of some products by their key."""
    wanted = list(dict.fromkeys(keys))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), BATCH_SIZE):
        rows = select(AffectedProduct.key, AffectedProduct.name).where(
            AffectedProduct.bulletin_id == bulletin_id,
            AffectedProduct.key.in_(wanted[start : start + BATCH_SIZE]),
        )
        found |= dict(db.session.execute(rows).tuples().all())
    return found


def _matches(text: str) -> ColumnElement[bool]:
    """SQL condition: the name or the version contains the text, in any case."""
    part = f"%{text.replace('~', '~~').replace('%', '~%').replace('_', '~_')}%"
    return or_(AffectedProduct.name.ilike(part, escape="~"), AffectedProduct.version.ilike(part, escape="~"))


def _with_releases(statement: Select) -> Select:
    return statement.options(
        joinedload(AffectedProduct.product),
        selectinload(AffectedProduct.named_releases)
        .joinedload(AffectedRelease.release)
        .selectinload(Release.phases),
    ).execution_options(populate_existing=True)  # a page may have read the rows before, without these
