"""Reads of what came in a month. All of it sees public bulletins only, whoever asks: counts too."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import case, func, select

from bulletins.models import AffectedProduct, Bulletin
from bulletins.queries import AFFECTED, Filter, bulletins, public
from core.database.db import db
from deployment.calendar.months import Month
from products.models import Product

MOST_PRODUCTS, MOST_OUT_OF_BAND, MOST_DUE = 40, 100, 500
RATINGS = ("critical", "important", "moderate", "low", "")


@dataclass
class Totals:
    """What a month brought; `severities` has every rating in RATINGS, the empty one for none."""

    severities: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RATINGS, 0))
    exploited: int = 0
    unpatched: int = 0
    out_of_band: int = 0

    @property
    def bulletins(self) -> int:
        """All of them."""
        return sum(self.severities.values())


@dataclass(frozen=True)
class ProductLine:
    """How many bulletins of a month affect a product of the catalogue."""

    product: Product
    bulletins: int
    critical: int
    exploited: int
    unpatched: int


def _number(condition):
    return func.count(case((condition, 1)))


def totals(first: Month, last: Month) -> dict[str, Totals]:
    """What the months from `first` to `last` brought, those with a bulletin; one query."""
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


def product_lines(month: Month) -> list[ProductLine]:
    """Products of the catalogue by how many of the month's bulletins affect them."""
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
        .limit(MOST_PRODUCTS)
    )
    return [ProductLine(*row) for row in rows]


def out_of_band(month: Month) -> list[Bulletin]:
    """What came outside the patch day, in the order in which it came."""
    return list(
        db.session.scalars(
            public()
            .where(Bulletin.release_month == str(month), Bulletin.is_out_of_band)
            .order_by(Bulletin.published_at, Bulletin.id)
            .limit(MOST_OUT_OF_BAND)
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
    """Every month with a public bulletin, and when the last of them came."""
    rows = db.session.execute(
        public()
        .with_only_columns(Bulletin.release_month, func.max(Bulletin.published_at))
        .group_by(Bulletin.release_month)
        .order_by(Bulletin.release_month)
    )
    return [(month, moment) for text, moment in rows if (month := Month.parse(text))]


def due(since: date) -> list[Bulletin]:
    """Exploited bulletins with a day by which KEV wants them done, from `since` on."""
    return list(
        db.session.scalars(
            public()
            .where(Bulletin.kev_due_on >= since)
            .order_by(Bulletin.kev_due_on, Bulletin.id)
            .limit(MOST_DUE)
        )
    )


def due_of(user, since: date) -> list[Bulletin]:
    """Those among them that affect what a member runs."""
    found = bulletins(Filter(exploited=True, owner=user), size=MOST_DUE)
    rows = [row for row in found if row.kev_due_on is not None and row.kev_due_on >= since]
    return sorted(rows, key=lambda row: (row.kev_due_on, row.id))
