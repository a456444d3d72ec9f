"""Reads of deployment reports. Everybody sees the reports of public bulletins, without those removed."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from bulletins.models import AffectedProduct, AffectedRelease, Bulletin
from bulletins.queries import AFFECTED, POST_ID, public
from core.database import paging
from core.database.db import db, utcnow
from deployment.models import FAILING, OUTCOMES, DeploymentReport, DeploymentTally, HelpfulMark
from deployment.reports.failure_spikes import WINDOW, Recent
from products.models import Product, Release

PAGE = 40
REASONS, TARGETS, OFFERED = 5, 50, 200


@dataclass
class Tally:
    """Reports by outcome, of a bulletin or a month."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def bulletin_named(reference: str) -> Bulletin | None:
    """The bulletin with this reference or number, if it is public: drafts have no reports."""
    if POST_ID.match(reference):
        return db.session.scalar(public().where(Bulletin.id == int(reference)))
    return db.session.scalar(public().where(Bulletin.reference == reference.upper()))


def _shown() -> Select:
    """Reports that everybody may read, with all that a line of a list needs."""
    return (
        select(DeploymentReport)
        .join(DeploymentReport.bulletin)
        .where(Bulletin.kind == "bulletin", Bulletin.is_public, DeploymentReport.removed_at.is_(None))
        .options(contains_eager(DeploymentReport.bulletin), *_with())
    )


def _with() -> tuple:
    return (
        joinedload(DeploymentReport.user),
        joinedload(DeploymentReport.release).joinedload(Release.product),
    )


def reports(
    bulletin: Bulletin, *, outcome: str = "", after: paging.Place = None, size: int = PAGE
) -> paging.Page:
    """What was reported of a bulletin, the latest first."""
    statement = _shown().where(DeploymentReport.bulletin_id == bulletin.id)
    if outcome:
        statement = statement.where(DeploymentReport.outcome == outcome)
    keys = [DeploymentReport.updated_at, DeploymentReport.id]
    return paging.keyset(
        statement, keys, after=after, size=size, changed=paging.at_any(DeploymentReport.updated_at)
    )


def hidden(bulletin: Bulletin) -> list[DeploymentReport]:
    """What moderators hid of a bulletin's reports, for moderators."""
    return list(
        db.session.scalars(
            select(DeploymentReport)
            .where(
                DeploymentReport.bulletin_id == bulletin.id,
                DeploymentReport.removed_at.is_not(None),
                _by_moderator(),
            )
            .options(joinedload(DeploymentReport.bulletin), *_with())
            .order_by(DeploymentReport.id.desc())
            .limit(PAGE)
        )
    )


def _by_moderator() -> ColumnElement[bool]:
    return DeploymentReport.removed_by_id.is_distinct_from(DeploymentReport.user_id)


def report(report_id: int, user) -> DeploymentReport | None:
    """One report of a public bulletin; one that moderators hid only for moderators."""
    statement = (
        select(DeploymentReport)
        .join(DeploymentReport.bulletin)
        .where(DeploymentReport.id == report_id, Bulletin.is_public)
        .options(contains_eager(DeploymentReport.bulletin), *_with())
    )
    shown = DeploymentReport.removed_at.is_(None)
    return db.session.scalar(statement.where(or_(shown, _by_moderator()) if user.is_moderator else shown))


def report_of(user_id: int, bulletin_id: int, key: str) -> DeploymentReport | None:
    """What a member said of this bulletin and target, removed or not; read anew."""
    return db.session.scalar(
        select(DeploymentReport)
        .where(
            DeploymentReport.user_id == user_id,
            DeploymentReport.bulletin_id == bulletin_id,
            DeploymentReport.target_key == key,
        )
        .execution_options(populate_existing=True)
    )


def mine(bulletin: Bulletin, user) -> list[DeploymentReport]:
    """A member's own reports of a bulletin."""
    if user.id is None:
        return []
    return list(
        db.session.scalars(
            _shown()
            .where(DeploymentReport.bulletin_id == bulletin.id, DeploymentReport.user_id == user.id)
            .order_by(DeploymentReport.updated_at.desc(), DeploymentReport.id.desc())
            .limit(PAGE)
        )
    )


def recent(bulletin_id: int) -> Recent:
    """What the rule of rise.py looks at."""
    fails = DeploymentReport.outcome.in_(FAILING)
    row = db.session.execute(
        select(
            func.count(DeploymentReport.user_id.distinct()),
            func.count(case((fails, DeploymentReport.user_id)).distinct()),
        ).where(
            DeploymentReport.bulletin_id == bulletin_id,
            DeploymentReport.removed_at.is_(None),
            DeploymentReport.updated_at > utcnow() - WINDOW,
        )
    ).one()
    return Recent(*row)


def reasons(bulletin: Bulletin) -> list[DeploymentReport]:
    """The failures of late, those with a note and those that helped first."""
    return list(
        db.session.scalars(
            _shown()
            .where(
                DeploymentReport.bulletin_id == bulletin.id,
                DeploymentReport.outcome.in_(FAILING),
                DeploymentReport.updated_at > utcnow() - WINDOW,
            )
            .order_by(
                DeploymentReport.note == "",
                DeploymentReport.helpful_count.desc(),
                DeploymentReport.updated_at.desc(),
                DeploymentReport.id.desc(),
            )
            .limit(REASONS)
        )
    )


def tallies(bulletin: Bulletin) -> list[DeploymentTally]:
    """Outcomes by release of a bulletin, the most reported first."""
    total = sum(getattr(DeploymentTally, outcome) for outcome in OUTCOMES)
    return list(
        db.session.scalars(
            select(DeploymentTally)
            .where(DeploymentTally.bulletin_id == bulletin.id, total > 0)
            .options(joinedload(DeploymentTally.release).joinedload(Release.product))
            .order_by(total.desc(), DeploymentTally.id)
            .limit(TARGETS)
        )
    )


def _sums() -> list:
    return [func.coalesce(func.sum(getattr(DeploymentTally, outcome)), 0) for outcome in OUTCOMES]


def of_bulletin(bulletin: Bulletin) -> Tally:
    """All reports of a bulletin by outcome."""
    row = db.session.execute(select(*_sums()).where(DeploymentTally.bulletin_id == bulletin.id)).one()
    return Tally(dict(zip(OUTCOMES, map(int, row), strict=True)))


def of_months(first: str, last: str) -> dict[str, Tally]:
    """All reports of the bulletins of months (`2026-11`), by month."""
    rows = db.session.execute(
        select(Bulletin.release_month, *_sums())
        .join(DeploymentTally, DeploymentTally.bulletin_id == Bulletin.id)
        .where(Bulletin.is_public, Bulletin.release_month.between(first, last))
        .group_by(Bulletin.release_month)
    )
    return {month: Tally(dict(zip(OUTCOMES, map(int, sums), strict=True))) for month, *sums in rows}


def offered(bulletin: Bulletin) -> list[Release]:
    """The releases that a bulletin affects, to choose from; all of a product that it names as a whole."""
    affected = (AffectedProduct.bulletin_id == bulletin.id, AffectedProduct.status == AFFECTED)
    named = (
        select(AffectedRelease.release_id)
        .join(AffectedProduct, AffectedProduct.id == AffectedRelease.affected_product_id)
        .where(*affected)
    )
    whole = select(AffectedProduct.product_id).where(*affected, ~AffectedProduct.named_releases.any())
    return list(
        db.session.scalars(
            select(Release)
            .join(Release.product)
            .options(contains_eager(Release.product))
            .where(
                or_(Release.id.in_(named), Release.product_id.in_(whole)),
                Release.removed_at.is_(None),
                Product.removed_at.is_(None),
            )
            .order_by(Product.sort_name, Release.released_on.desc().nulls_last(), Release.id)
            .limit(OFFERED)
        )
    )


def release_named(slug: str, cycle: str) -> Release | None:
    """A release of the catalogue by its names."""
    return db.session.scalar(
        select(Release)
        .join(Release.product)
        .options(contains_eager(Release.product))
        .where(
            Product.slug == slug,
            Release.cycle == cycle,
            Release.removed_at.is_(None),
            Product.removed_at.is_(None),
        )
    )


def marked_by(user, found: Iterable[DeploymentReport]) -> set[int]:
    """Which of these reports the reader said helped."""
    if user.id is None:
        return set()
    return set(
        db.session.scalars(
            select(HelpfulMark.report_id).where(
                HelpfulMark.user_id == user.id,
                HelpfulMark.is_on,
                HelpfulMark.report_id.in_([row.id for row in found]),
            )
        )
    )
