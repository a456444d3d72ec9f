"""Reads of the calendar: totals, products and bulletins of months. All count public bulletins only."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import InstrumentedAttribute

from auth.models import User
from bulletins.models import AffectedProduct, Bulletin
from bulletins.queries import AFFECTED, Filter, bulletins, public
from core.database.db import db
from deployment.calendar.months import Month
from deployment.reports import queries as report_queries
from deployment.reports.queries import Tally
from products.models import Product

MAX_PRODUCTS = 40
MAX_OUT_OF_BAND = 100
MAX_DUE = 500
RATINGS = ("critical", "important", "moderate", "low", "")


@dataclass
class Totals:
    """Numbers of bulletins of a month; `severities` has all RATINGS, the empty one for unrated."""

    severities: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RATINGS, 0))
    exploited: int = 0
    unpatched: int = 0
    out_of_band: int = 0

    @property
    def bulletins(self) -> int:
        """All bulletins."""
        return sum(self.severities.values())


@dataclass(frozen=True)
class ProductLine:
    """Numbers of bulletins of a month that affect a product."""

    product: Product
    bulletins: int
    critical: int
    exploited: int
    unpatched: int


def _number(condition: ColumnElement[bool] | InstrumentedAttribute[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def totals(first: Month, last: Month) -> dict[str, Totals]:
    """Totals of the months from `first` to `last` that have a bulletin, by month; one query."""
    rows = db.session.execute(
        public()
        .with_only_columns(
            Bulletin.release_month,
            Bulletin.severity,
            func.count(),
            _number(Bulletin.is_exploited),
            _number(Bulletin.is_unpatched),
            _number(Bulletin.is_out_of_band),
        )
        .where(Bulletin.release_month.between(str(first), str(last)))
        .group_by(Bulletin.release_month, Bulletin.severity)
    )
    found: dict[str, Totals] = {}
    for month, severity, number, exploited, unpatched, out_of_band in rows:
        total = found.setdefault(month, Totals())
        total.severities[severity if severity in RATINGS else ""] += number
        total.exploited += exploited
        total.unpatched += unpatched
        total.out_of_band += out_of_band
    return found


def year_summary(year: int) -> tuple[list[Month], dict[str, Totals], dict[str, Tally]]:
    """The months of a year, with totals of bulletins and outcomes of reports by month."""
    months = [Month(year, number) for number in range(1, 13)]
    first = months[0]
    last = months[-1]
    return months, totals(first, last), report_queries.of_months(str(first), str(last))


def product_lines(month: Month) -> list[ProductLine]:
    """Products that the month's bulletins affect, those with the most bulletins first."""
    affected = (
        public()
        .join(AffectedProduct, AffectedProduct.bulletin_id == Bulletin.id)
        .with_only_columns(AffectedProduct.bulletin_id, AffectedProduct.product_id)
        .distinct()
        .where(
            Bulletin.release_month == str(month),
            AffectedProduct.status == AFFECTED,
            AffectedProduct.product_id.is_not(None),
        )
        .subquery()
    )
    number = func.count()
    rows = db.session.execute(
        select(
            Product,
            number,
            _number(Bulletin.severity == "critical"),
            _number(Bulletin.is_exploited),
            _number(Bulletin.is_unpatched),
        )
        .join(affected, affected.c.product_id == Product.id)
        .join(Bulletin, Bulletin.id == affected.c.bulletin_id)
        .where(Product.removed_at.is_(None))
        .group_by(Product.id)
        .order_by(number.desc(), Product.sort_name, Product.id)
        .limit(MAX_PRODUCTS)
    )
    return [ProductLine(*row) for row in rows]


def out_of_band(month: Month) -> list[Bulletin]:
    """The month's out-of-band bulletins by publication time."""
    return list(
        db.session.scalars(
            public()
            .where(Bulletin.release_month == str(month), Bulletin.is_out_of_band)
            .order_by(Bulletin.published_at, Bulletin.id)
            .limit(MAX_OUT_OF_BAND)
        )
    )


def first_month() -> Month | None:
    """The oldest month with a public bulletin."""
    oldest = db.session.scalar(
        public()
        .with_only_columns(Bulletin.release_month)
        .order_by(Bulletin.release_month, Bulletin.priority)
        .limit(1)
    )
    return Month.parse(oldest) if oldest else None


def latest() -> list[tuple[Month, datetime]]:
    """Every month with a public bulletin, and the time of its newest one."""
    rows = db.session.execute(
        public()
        .with_only_columns(Bulletin.release_month, func.max(Bulletin.published_at))
        .group_by(Bulletin.release_month)
        .order_by(Bulletin.release_month)
    )
    return [
        (month, published_at)
        for text, published_at in rows
        if published_at is not None and (month := Month.parse(text))
    ]


def due(since: date) -> list[Bulletin]:
    """Exploited bulletins with a KEV due date from `since` on."""
    return list(
        db.session.scalars(
            public()
            .where(Bulletin.kev_due_on >= since)
            .order_by(Bulletin.kev_due_on, Bulletin.id)
            .limit(MAX_DUE)
        )
    )


def due_of(user: User, since: date) -> list[Bulletin]:
    """The bulletins of due() that affect the member's products."""
    found = bulletins(Filter(exploited=True, owner=user), size=MAX_DUE)
    rows = [row for row in found if row.kev_due_on is not None and row.kev_due_on >= since]
    return sorted(rows, key=lambda row: (row.kev_due_on, row.id))
