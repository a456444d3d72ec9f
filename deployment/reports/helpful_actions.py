"""A report helped somebody: +2 for its author, exactly as long as the mark, the report and the bulletin
stand. Nothing here commits; the bulletin's row is held.
"""

from collections.abc import Collection, Iterator

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from auth import reputation
from auth.reputation import POINTS, Entitlement
from bulletins.models import Bulletin
from core.database.db import db, utcnow
from core.web.forms import Invalid
from deployment.locks import hold
from deployment.models import DeploymentReport, HelpfulMark

KIND = "report_helpful"
A_DAY_FOR_ONE = 3


def mark(report: DeploymentReport, is_on: bool, *, by) -> None:
    """Say that a report helped, or take that back. Raises Invalid when one member is thanked too often."""
    hold(report)
    row = db.session.scalar(
        select(HelpfulMark)
        .where(HelpfulMark.report_id == report.id, HelpfulMark.user_id == by.id)
        .execution_options(populate_existing=True)
    )
    if row is None and is_on:
        _check_day(report.user_id, by)
        row = HelpfulMark(
            report_id=report.id, user_id=by.id, author_id=report.user_id, turns=0, day=utcnow().date()
        )
        db.session.add(row)
    if row is not None:
        row.is_on = is_on
        settle(report.bulletin, [report], by=by)


def _check_day(author_id: int, by) -> None:
    """Nobody lifts one person beyond a few points a day; one after the other, on whatever bulletins."""
    reputation.lock([author_id])
    given = db.session.scalar(
        select(func.count()).where(
            HelpfulMark.user_id == by.id,
            HelpfulMark.author_id == author_id,
            HelpfulMark.day == utcnow().date(),
        )
    )
    if given >= A_DAY_FOR_ONE:
        raise Invalid(
            {
                "helpful": [
                    _(
                        "You have marked %(n)s reports by this member as helpful today. Try again tomorrow.",
                        n=A_DAY_FOR_ONE,
                    )
                ]
            }
        )


def settle(bulletin: Bulletin, reports: Collection[DeploymentReport], *, by=None) -> None:
    """Give and take back what these reports' marks are worth now, and count the marks."""
    db.session.flush()
    shown = {report.id: bulletin.is_public and report.removed_at is None for report in reports}
    rows = db.session.scalars(
        select(HelpfulMark).where(HelpfulMark.report_id.in_(shown)).order_by(HelpfulMark.id)
    )
    turning = [row for row in rows if (row.turns % 2 == 1) != (row.is_on and shown[row.report_id])]
    reputation.lock(row.author_id for row in turning)
    for row in turning:
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
        .where(DeploymentReport.id.in_(shown))
        .values(helpful_count=marked.scalar_subquery())
        .execution_options(synchronize_session=False)
    )
    for report in reports:
        db.session.refresh(report, ["helpful_count"])


def _entitlements(row: HelpfulMark) -> Iterator[Entitlement]:
    """Given, taken back, given again: each turn after the first undoes or repeats the one before."""
    for turn in range(row.turns):
        cause = f"helped:{row.id}:{turn}"
        yield Entitlement(
            cause,
            row.author_id,
            KIND,
            POINTS[KIND],
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
