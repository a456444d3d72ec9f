"""Writes of deployment reports. Nothing here commits.

Every change of the reports of a bulletin locks the bulletin's row, so that simultaneous reports of one
member do not make two rows.
"""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from werkzeug.exceptions import Forbidden, NotFound

from auth.conflicts import check_not_done
from auth.models import User
from bulletins import actions as bulletin_actions
from bulletins.models import Bulletin
from core.database.db import db, utcnow
from core.jobs import events
from core.limits.rate_limits import limit
from core.web.forms import Invalid
from deployment.models import MAX_KEY_CHARACTERS, OUTCOMES, DeploymentReport, DeploymentTally
from deployment.reports import helpful_actions, queries
from deployment.reports.failure_spikes import is_failure_spike
from deployment.reports.helpful_actions import lock_report
from posts import locks
from posts.policy import require_can_write
from products.models import Release

REPORTS_PER_DAY = (60, 24 * 3600)  # reports of one member, seconds


class Hidden(Forbidden):
    """A moderator hid the member's report of this target: it cannot be made again."""


class Gone(NotFound):
    """The bulletin is not public any more."""


@dataclass(frozen=True)
class Installation:
    """What a member reports: the release or target, the ring and the outcome."""

    ring: str
    outcome: str
    note: str = ""
    release: Release | None = None
    target: str = ""

    @property
    def key(self) -> str:
        """What distinguishes reports of one member: the release, or the target in lower case."""
        if self.release is not None:
            return f"r:{self.release.id}"
        return f"t:{self.target.casefold()}"[:MAX_KEY_CHARACTERS] if self.target else ""


def installation(data: dict) -> Installation:
    """The installation in the fields of ReportSchema; raises Invalid for an unlisted release."""
    release = None
    if data["release"]:
        slug, _slash, cycle = data["release"].partition("/")
        release = queries.release_named(slug, cycle)
        if release is None:
            raise Invalid(
                {"release": [_("This release is not listed. Choose one from the list, or describe it.")]}
            )
    return Installation(data["ring"], data["outcome"], data["note"], release, data["target"])


def report(bulletin: Bulletin, installed: Installation, *, by: User) -> DeploymentReport:
    """Make a report, or change the member's report of this bulletin and target.

    Raises Forbidden when `by` may only read, TooMany after REPORTS_PER_DAY, Hidden or Gone.
    """
    require_can_write(by)
    limit("report", by.id, *REPORTS_PER_DAY)
    locks.lock(bulletin)
    if not bulletin.is_public:
        raise Gone
    row = queries.report_of(by.id, bulletin.id, installed.key)
    if row is not None and row.is_hidden_by_moderator:
        raise Hidden(_("A moderator has hidden your report. Contact the moderators if you disagree."))
    values = {"ring": installed.ring, "outcome": installed.outcome, "note": installed.note}
    if row is not None and row.removed_at is None and all(getattr(row, k) == v for k, v in values.items()):
        return row
    is_new = row is None or row.removed_at is not None
    if row is None:
        row = DeploymentReport(
            user_id=by.id,
            bulletin_id=bulletin.id,
            target_key=installed.key,
            release_id=installed.release.id if installed.release else None,
            target=installed.target,
        )
        db.session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = utcnow()
    row.removed_at = None
    row.removed_by_id = None
    _update_derived(bulletin, row, by)
    events.record(
        "report.made" if is_new else "report.changed",
        subject=row,
        actor=by,
        bulletin_id=bulletin.id,
        outcome=installed.outcome,
    )
    if not bulletin.has_failures and is_failure_spike(queries.recent(bulletin.id)):
        bulletin_actions.set_failure_flag(bulletin, True)
    return row


def remove(row: DeploymentReport, *, by: User) -> None:
    """Withdraw one's report, or hide another's as a moderator. Raises AlreadyDone."""
    lock_report(row)
    if row.removed_at is not None:
        if by.is_moderator and row.is_hidden_by_moderator:
            check_not_done(row, ["report.hidden"], _("this report is hidden."), by=by, url=row.bulletin.url)
        return
    row.removed_at = utcnow()
    row.removed_by_id = by.id
    _update_derived(row.bulletin, row, by)
    clear_failure_flag(row.bulletin)
    events.record(
        "report.removed" if by.id == row.user_id else "report.hidden",
        subject=row,
        actor=by,
        bulletin_id=row.bulletin_id,
        author_id=row.user_id,
    )


def restore(row: DeploymentReport, *, by: User) -> None:
    """Show a hidden report again. Raises AlreadyDone when another moderator has."""
    lock_report(row)
    if row.removed_at is None:
        check_not_done(row, ["report.shown"], _("this report is visible again."), by=by, url=row.bulletin.url)
    else:
        row.removed_at = None
        row.removed_by_id = None
        _update_derived(row.bulletin, row, by)
        events.record(
            "report.shown", subject=row, actor=by, bulletin_id=row.bulletin_id, author_id=row.user_id
        )


def clear_failure_flag(bulletin: Bulletin) -> None:
    """Clear the failure flag when the rule does not hold any more.

    Called only for removals and by the daily task, so that a failure taken back and reported again does not
    alert members twice.
    """
    if bulletin.has_failures and not is_failure_spike(queries.recent(bulletin.id)):
        bulletin_actions.set_failure_flag(bulletin, False)


def forget(row: DeploymentReport, *, keep_words: bool, by: User) -> None:
    """Anonymize a report of an erased account, or also remove it and its note without `keep_words`."""
    lock_report(row)
    if not keep_words:
        row.note = ""
        row.removed_at = row.removed_at or utcnow()
        _update_derived(row.bulletin, row, by)
        clear_failure_flag(row.bulletin)
    row.removed_by_id = None if row.removed_by_id == row.user_id else row.removed_by_id
    row.user_id = None
    db.session.flush()


def _update_derived(bulletin: Bulletin, row: DeploymentReport, by: User) -> None:
    """Update the tally and the reputation that depend on a report."""
    db.session.flush()
    recount(row)
    helpful_actions.update_reputation(bulletin, [row], by=by)


def recount(row: DeploymentReport) -> None:
    """Count the reports of the report's bulletin and target into their tally."""
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
