"""Reads of deployment reports. Reports of public bulletins are public, removed ones are left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.orm.interfaces import ORMOption

from auth.models import User, Visitor
from bulletins.models import AffectedProduct, AffectedRelease, Bulletin
from bulletins.queries import AFFECTED, POST_ID, public
from core.database import paging
from core.database.db import db, utcnow
from deployment.models import FAILING_OUTCOMES, OUTCOMES, DeploymentReport, DeploymentTally, HelpfulMark
from deployment.reports.failure_spikes import WINDOW, RecentReports
from products.models import Product, Release

PAGE_SIZE = 40
MAX_SHOWN_FAILURES = 5
MAX_TALLIES = 50
MAX_OFFERED_RELEASES = 200


@dataclass
class Tally:
    """Reports by outcome, of a bulletin or a month."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))

    @property
    def total(self) -> int:
        """All reports."""
        return sum(self.counts.values())


def bulletin_named(reference: str) -> Bulletin | None:
    """The public bulletin with this reference or id; drafts have no reports."""
    if POST_ID.match(reference):
        return db.session.scalar(public().where(Bulletin.id == int(reference)))
    return db.session.scalar(public().where(Bulletin.reference == reference.upper()))


def _public_reports() -> Select[DeploymentReport]:
    """SELECT of public reports with everything that a list shows."""
    return (
        select(DeploymentReport)
        .join(DeploymentReport.bulletin)
        .where(Bulletin.kind == "bulletin", Bulletin.is_public, DeploymentReport.removed_at.is_(None))
        .options(contains_eager(DeploymentReport.bulletin), *_relations())
    )


def _relations() -> tuple[ORMOption, ...]:
    return (
        joinedload(DeploymentReport.user),
        joinedload(DeploymentReport.release).joinedload(Release.product),
    )


def reports(
    bulletin: Bulletin, *, outcome: str = "", after: paging.PageStart = None, size: int = PAGE_SIZE
) -> paging.Page:
    """A page of the reports of a bulletin, newest first."""
    statement = _public_reports().where(DeploymentReport.bulletin_id == bulletin.id)
    if outcome:
        statement = statement.where(DeploymentReport.outcome == outcome)
    keys = [DeploymentReport.updated_at, DeploymentReport.id]
    return paging.keyset(
        statement, keys, after=after, size=size, changed=paging.changed_at_any(DeploymentReport.updated_at)
    )


def hidden(bulletin: Bulletin) -> list[DeploymentReport]:
    """Reports of a bulletin that moderators hid, for moderators."""
    return list(
        db.session.scalars(
            select(DeploymentReport)
            .where(
                DeploymentReport.bulletin_id == bulletin.id,
                DeploymentReport.removed_at.is_not(None),
                _by_moderator(),
            )
            .options(joinedload(DeploymentReport.bulletin), *_relations())
            .order_by(DeploymentReport.id.desc())
            .limit(PAGE_SIZE)
        )
    )


def _by_moderator() -> ColumnElement[bool]:
    return DeploymentReport.removed_by_id.is_distinct_from(DeploymentReport.user_id)


def report(report_id: int, user: User | Visitor) -> DeploymentReport | None:
    """One report of a public bulletin; hidden ones only for moderators."""
    statement = (
        select(DeploymentReport)
        .join(DeploymentReport.bulletin)
        .where(DeploymentReport.id == report_id, Bulletin.is_public)
        .options(contains_eager(DeploymentReport.bulletin), *_relations())
    )
    is_visible = DeploymentReport.removed_at.is_(None)
    if user.is_moderator:
        is_visible = or_(is_visible, _by_moderator())
    return db.session.scalar(statement.where(is_visible))


def report_of(user_id: int, bulletin_id: int, key: str) -> DeploymentReport | None:
    """The member's report of a bulletin and target, removed or not, read from the database."""
    return db.session.scalar(
        select(DeploymentReport)
        .where(
            DeploymentReport.user_id == user_id,
            DeploymentReport.bulletin_id == bulletin_id,
            DeploymentReport.target_key == key,
        )
        .execution_options(populate_existing=True)
    )


def mine(bulletin: Bulletin, user: User | Visitor) -> list[DeploymentReport]:
    """A member's own reports of a bulletin."""
    if user.id is None:
        return []
    return list(
        db.session.scalars(
            _public_reports()
            .where(DeploymentReport.bulletin_id == bulletin.id, DeploymentReport.user_id == user.id)
            .order_by(DeploymentReport.updated_at.desc(), DeploymentReport.id.desc())
            .limit(PAGE_SIZE)
        )
    )


def recent(bulletin_id: int) -> RecentReports:
    """The numbers that the rule of failure_spikes.py needs."""
    is_failing = DeploymentReport.outcome.in_(FAILING_OUTCOMES)
    row = db.session.execute(
        select(
            func.count(DeploymentReport.user_id.distinct()),
            func.count(case((is_failing, DeploymentReport.user_id)).distinct()),
        ).where(
            DeploymentReport.bulletin_id == bulletin_id,
            DeploymentReport.removed_at.is_(None),
            DeploymentReport.updated_at > utcnow() - WINDOW,
        )
    ).one()
    return RecentReports(*row)


def recent_failures(bulletin: Bulletin) -> list[DeploymentReport]:
    """Failing reports within WINDOW, those with a note and the most helpful first."""
    return list(
        db.session.scalars(
            _public_reports()
            .where(
                DeploymentReport.bulletin_id == bulletin.id,
                DeploymentReport.outcome.in_(FAILING_OUTCOMES),
                DeploymentReport.updated_at > utcnow() - WINDOW,
            )
            .order_by(
                DeploymentReport.note == "",
                DeploymentReport.helpful_count.desc(),
                DeploymentReport.updated_at.desc(),
                DeploymentReport.id.desc(),
            )
            .limit(MAX_SHOWN_FAILURES)
        )
    )


def tallies(bulletin: Bulletin) -> list[DeploymentTally]:
    """Reports by outcome for each release of a bulletin, the most reported first."""
    total = DeploymentTally.ok + DeploymentTally.issue + DeploymentTally.failed + DeploymentTally.rolled_back
    return list(
        db.session.scalars(
            select(DeploymentTally)
            .where(DeploymentTally.bulletin_id == bulletin.id, total > 0)
            .options(joinedload(DeploymentTally.release).joinedload(Release.product))
            .order_by(total.desc(), DeploymentTally.id)
            .limit(MAX_TALLIES)
        )
    )


def _sums() -> list[ColumnElement[int]]:
    return [func.coalesce(func.sum(getattr(DeploymentTally, outcome)), 0) for outcome in OUTCOMES]


def of_bulletin(bulletin: Bulletin) -> Tally:
    """The number of reports of a bulletin by outcome."""
    row = db.session.execute(select(*_sums()).where(DeploymentTally.bulletin_id == bulletin.id)).one()
    return Tally(dict(zip(OUTCOMES, map(int, row), strict=True)))


def of_months(first: str, last: str) -> dict[str, Tally]:
    """The number of reports of the bulletins of months (`2026-11`), by month and outcome."""
    rows = db.session.execute(
        select(Bulletin.release_month, *_sums())
        .join(DeploymentTally, DeploymentTally.bulletin_id == Bulletin.id)
        .where(Bulletin.is_public, Bulletin.release_month.between(first, last))
        .group_by(Bulletin.release_month)
    )
    return {month: Tally(dict(zip(OUTCOMES, map(int, sums), strict=True))) for month, *sums in rows}


def affected_releases(bulletin: Bulletin) -> list[Release]:
    """The releases that a bulletin affects, all releases for a product that it names as a whole."""
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
            .limit(MAX_OFFERED_RELEASES)
        )
    )


def release_named(slug: str, cycle: str) -> Release | None:
    """The release of the catalogue with these names."""
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


def marked_by(user: User | Visitor, found: Iterable[DeploymentReport]) -> set[int]:
    """Ids of those of these reports that the reader marked as helpful."""
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
