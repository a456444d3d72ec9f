"""Helpful marks on reports, and the reputation that authors get for them. Nothing here commits.

The author has the points while the mark is on and report and bulletin are visible. Writes lock the row of
the bulletin.
"""

from collections.abc import Collection, Iterator

from flask_babel import gettext as _
from sqlalchemy import func, inspect, select, update

from auth import reputation
from auth.models import User
from auth.reputation import POINTS, Entitlement
from bulletins.models import Bulletin
from core.database.db import db, utcnow
from core.limits.rate_limits import limit
from core.web.forms import Invalid
from deployment.models import DeploymentReport, HelpfulMark
from posts import locks

REPUTATION_KIND = "report_helpful"
MAX_MARKS_PER_AUTHOR = 3  # by one member on one day
MARKS_PER_DAY = (20, 24 * 3600)  # marks by one member, seconds


def lock_report(report: DeploymentReport) -> None:
    """Lock the bulletin of a report, then read the report from the database again."""
    locks.lock(report.bulletin)
    db.session.refresh(report, [column.key for column in inspect(report).mapper.column_attrs])


def mark(report: DeploymentReport, is_on: bool, *, by: User) -> None:
    """Mark a report as helpful, or take that back.

    Raises TooMany after MARKS_PER_DAY, and Invalid after MAX_MARKS_PER_AUTHOR for its author.
    """
    limit("thanks", by.id, *MARKS_PER_DAY)
    set_mark(report, is_on, by=by)


def set_mark(report: DeploymentReport, is_on: bool, *, by: User) -> None:
    """mark() without a limit for `by`, for the marks of an erased member."""
    lock_report(report)
    row = db.session.scalar(
        select(HelpfulMark)
        .where(HelpfulMark.report_id == report.id, HelpfulMark.user_id == by.id)
        .execution_options(populate_existing=True)
    )
    if row is None and is_on and report.user_id is not None:
        _check_author_limit(report.user_id, by)
        row = HelpfulMark(
            report_id=report.id, user_id=by.id, author_id=report.user_id, turns=0, day=utcnow().date()
        )
        db.session.add(row)
    if row is not None:
        row.is_on = is_on
        update_reputation(report.bulletin, [report], by=by)


def _check_author_limit(author_id: int, by: User) -> None:
    """Raise Invalid after MAX_MARKS_PER_AUTHOR; locks the author, so that marks are counted in turn."""
    reputation.lock([author_id])
    given = db.session.execute(
        select(func.count()).where(
            HelpfulMark.user_id == by.id,
            HelpfulMark.author_id == author_id,
            HelpfulMark.day == utcnow().date(),
        )
    ).scalar_one()
    if given >= MAX_MARKS_PER_AUTHOR:
        raise Invalid(
            {
                "helpful": [
                    _(
                        "You have marked %(n)s reports by this member as helpful today. Try again tomorrow.",
                        n=MAX_MARKS_PER_AUTHOR,
                    )
                ]
            }
        )


def update_reputation(
    bulletin: Bulletin, reports: Collection[DeploymentReport], *, by: User | None = None
) -> None:
    """Give or take back the reputation for the marks of these reports, and count the marks."""
    db.session.flush()
    is_visible = {report.id: bulletin.is_public and report.removed_at is None for report in reports}
    rows = db.session.scalars(
        select(HelpfulMark).where(HelpfulMark.report_id.in_(is_visible)).order_by(HelpfulMark.id)
    )
    changed = [row for row in rows if (row.turns % 2 == 1) != (row.is_on and is_visible[row.report_id])]
    reputation.lock(row.author_id for row in changed)
    for row in changed:
        row.turns += 1
        db.session.flush()
        *_before, item = _entitlements(row)
        actor_id = by.id if by is not None else None
        if item.reverses is not None:
            reputation.reverse(item.reverses, by_cause=item.cause, actor_id=actor_id)
        else:
            reputation.award(
                item.user_id, item.kind, cause=item.cause, source=bulletin.id, actor_id=actor_id, day=item.day
            )
    marked = select(func.count()).where(HelpfulMark.report_id == DeploymentReport.id, HelpfulMark.is_on)
    db.session.execute(
        update(DeploymentReport)
        .where(DeploymentReport.id.in_(is_visible))
        .values(helpful_count=marked.scalar_subquery())
        .execution_options(synchronize_session=False)
    )
    for report in reports:
        db.session.refresh(report, ["helpful_count"])


def _entitlements(row: HelpfulMark) -> Iterator[Entitlement]:
    """One entitlement for each turn; turns with an odd index take back the one before."""
    for turn in range(row.turns):
        cause = f"helped:{row.id}:{turn}"
        yield Entitlement(
            cause,
            row.author_id,
            REPUTATION_KIND,
            POINTS[REPUTATION_KIND],
            row.day,
            reverses=f"helped:{row.id}:{turn - 1}" if turn % 2 else None,
        )


@reputation.register_source
def _replay(first: int, last: int) -> Iterator[Entitlement]:
    given = select(HelpfulMark).where(HelpfulMark.turns > 0, HelpfulMark.author_id.between(first, last))
    for row in db.session.scalars(
        given.order_by(HelpfulMark.id).execution_options(**reputation.STREAM_OPTIONS)
    ):
        yield from _entitlements(row)
