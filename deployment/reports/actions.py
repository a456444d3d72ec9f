"""Writes of deployment reports. Nothing here commits.

Whatever changes the reports of a bulletin holds the bulletin's row, so two reports of one member at one
moment are one.
"""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from auth.conflicts import check_not_done
from bulletins import actions as bulletin_actions
from bulletins.models import Bulletin
from core.database.db import db, utcnow
from core.jobs import events
from core.web.forms import Invalid
from deployment.locks import hold
from deployment.models import LONGEST_KEY, OUTCOMES, DeploymentReport, DeploymentTally
from deployment.reports import helpful_actions, queries
from deployment.reports.failure_spikes import is_failure_spike
from posts import locks
from products.models import Release


class Hidden(ValueError):
    """A moderator hid the member's report of this: it cannot be made again."""


class Gone(ValueError):
    """The bulletin is not public any more."""


@dataclass(frozen=True)
class Said:
    """What a member says: where it was installed, in which ring, how it went."""

    ring: str
    outcome: str
    note: str = ""
    release: Release | None = None
    target: str = ""

    @property
    def key(self) -> str:
        """What makes it another report: the release, or else the text, whatever its case."""
        if self.release is not None:
            return f"r:{self.release.id}"
        return f"t:{self.target.casefold()}"[:LONGEST_KEY] if self.target else ""


def said(data: dict) -> Said:
    """The fields of ReportSchema as what a member says; Invalid when there is no such release."""
    release = None
    if data["release"]:
        slug, _slash, cycle = data["release"].partition("/")
        release = queries.release_named(slug, cycle)
        if release is None:
            raise Invalid(
                {"release": [_("This release is not listed. Choose one from the list, or describe it.")]}
            )
    return Said(data["ring"], data["outcome"], data["note"], release, data["target"])


def report(bulletin: Bulletin, said: Said, *, by) -> DeploymentReport:
    """Make a report, or change the one the member made for this bulletin and target.

    Raises Hidden or Gone.
    """
    locks.lock(bulletin)
    if not bulletin.is_public:
        raise Gone
    row = queries.report_of(by.id, bulletin.id, said.key)
    if row is not None and row.is_hidden_by_moderator:
        raise Hidden
    facts = {"ring": said.ring, "outcome": said.outcome, "note": said.note}
    is_new = row is None or row.removed_at is not None
    if not is_new and all(getattr(row, name) == value for name, value in facts.items()):
        return row
    if row is None:
        row = DeploymentReport(
            user_id=by.id,
            bulletin_id=bulletin.id,
            target_key=said.key,
            release_id=said.release.id if said.release else None,
            target=said.target,
        )
        db.session.add(row)
    for name, value in facts.items():
        setattr(row, name, value)
    row.updated_at, row.removed_at, row.removed_by_id = utcnow(), None, None
    _follow(bulletin, row, by)
    events.record(
        "report.made" if is_new else "report.changed",
        subject=row,
        actor=by,
        bulletin_id=bulletin.id,
        outcome=said.outcome,
    )
    if not bulletin.has_failures and is_failure_spike(queries.recent(bulletin.id)):
        bulletin_actions.set_failure_flag(bulletin, True)
    return row


def remove(row: DeploymentReport, *, by) -> None:
    """Take a report away: its author does, or a moderator who hides it."""
    hold(row)
    if row.removed_at is not None:
        if by.is_moderator and row.is_hidden_by_moderator:
            check_not_done(row, ["report.hidden"], _("this report is hidden."), by=by, url=row.bulletin.url)
        return
    row.removed_at, row.removed_by_id = utcnow(), by.id
    _follow(row.bulletin, row, by)
    clear_failure_flag(row.bulletin)
    events.record(
        "report.removed" if by.id == row.user_id else "report.hidden",
        subject=row,
        actor=by,
        bulletin_id=row.bulletin_id,
        author_id=row.user_id,
    )


def restore(row: DeploymentReport, *, by) -> None:
    """Show a report again that a moderator hid."""
    hold(row)
    if row.removed_at is None:
        check_not_done(row, ["report.shown"], _("this report is visible again."), by=by, url=row.bulletin.url)
    else:
        row.removed_at = row.removed_by_id = None
        _follow(row.bulletin, row, by)
        events.record(
            "report.shown", subject=row, actor=by, bulletin_id=row.bulletin_id, author_id=row.user_id
        )


def clear_failure_flag(bulletin: Bulletin) -> None:
    """End the warning when reports give no reason for it any more.

    Only a removal and the daily task ask: who takes a failure back and reports it again alerts nobody twice.
    """
    if bulletin.has_failures and not is_failure_spike(queries.recent(bulletin.id)):
        bulletin_actions.set_failure_flag(bulletin, False)


def forget(row: DeploymentReport, *, keep_words: bool, by) -> None:
    """The author's account is erased: the report stays without a name, or goes with its words."""
    hold(row)
    if not keep_words:
        row.note = ""
        row.removed_at = row.removed_at or utcnow()
        _follow(row.bulletin, row, by)
        clear_failure_flag(row.bulletin)
    row.removed_by_id = None if row.removed_by_id == row.user_id else row.removed_by_id
    row.user_id = None
    db.session.flush()


def _follow(bulletin: Bulletin, row: DeploymentReport, by) -> None:
    """Bring in line what derives from a report."""
    db.session.flush()
    recount(row)
    helpful_actions.settle(bulletin, [row], by=by)


def recount(row: DeploymentReport) -> None:
    """Set the tally of the report's bulletin and target."""
    same = {"bulletin_id": row.bulletin_id, "target_key": row.target_key}
    tally = db.session.scalar(select(DeploymentTally).filter_by(**same))
    if tally is None:
        tally = DeploymentTally(**same, release_id=row.release_id, target=row.target)
        db.session.add(tally)
        db.session.flush()
    counted = {
        outcome: select(func.count())
        .select_from(DeploymentReport)
        .filter_by(**same, outcome=outcome)
        .where(DeploymentReport.removed_at.is_(None))
        .scalar_subquery()
        for outcome in OUTCOMES
    }
    db.session.execute(
        update(DeploymentTally)
        .where(DeploymentTally.id == tally.id)
        .values(counted)
        .execution_options(synchronize_session=False)
    )
    db.session.expire(tally)
