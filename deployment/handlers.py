"""What the room hears: bulletins that come, go and change their rank; members who leave."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from auth.models import User
from bulletins.models import Bulletin
from bulletins.queries import public
from core.database.db import db
from core.jobs import events
from deployment.calendar import actions, discussion_actions
from deployment.calendar.days import due_uid
from deployment.calendar.months import Month
from deployment.models import DeploymentReport, HelpfulMark
from deployment.reports import actions as report_actions
from deployment.reports import helpful_actions
from posts import locks

SLICE = 25


@events.register_handler(
    "bulletin.published",
    "bulletin.republished",
    "bulletin.imported",
    "bulletin.ranked",
    "bulletin.risk_raised",
    "bulletin.undeleted",
)
def note_due_dates(batch: list[events.Event]) -> None:
    """A due date that moved counts up in calendars."""
    found = db.session.scalars(
        public().where(Bulletin.id.in_({e.subject_id for e in batch}), Bulletin.kev_due_on.is_not(None))
    )
    if days := {due_uid(row): row.kev_due_on for row in found}:
        actions.note(days)
    db.session.commit()


@events.register_handler("bulletin.published")
def open_discussion(batch: list[events.Event]) -> None:
    """The first bulletin of a month makes the tag under which everybody may ask about its patches."""
    rows = db.session.scalars(
        public()
        .with_only_columns(Bulletin.release_month)
        .distinct()
        .where(Bulletin.id.in_({e.subject_id for e in batch}))
    )
    discussion_actions.open_for(filter(None, map(Month.parse, rows)))
    db.session.commit()


@events.register_handler(
    "bulletin.published",
    "bulletin.republished",
    "bulletin.withdrawn",
    "bulletin.deleted",
    "bulletin.undeleted",
)
def follow_bulletins(batch: list[events.Event]) -> None:
    """Reports go and come back with their bulletin, and what they gave their authors with them."""
    for bulletin_id in sorted({event.subject_id for event in batch}):
        reports = list(
            db.session.scalars(
                select(DeploymentReport).where(
                    DeploymentReport.bulletin_id == bulletin_id, DeploymentReport.helpful_count > 0
                )
            )
        )
        if reports:
            bulletin = db.session.get(Bulletin, bulletin_id)
            locks.lock(bulletin)
            helpful_actions.settle(bulletin, reports)
        db.session.commit()


@events.register_handler("user.erased")
def forget(batch: list[events.Event]) -> None:
    """Thanks of an erased member are taken back; their reports lose their name, or go with their words.

    Each in a transaction of its own; a repeat finds nothing left.
    """
    for event in batch:
        user = db.session.get(User, event.subject_id)
        while rows := _thanks_of(user):
            for row in rows:
                helpful_actions.mark(row.report, False, by=user)
                db.session.commit()
        while reports := _reports_of(user):
            for report in reports:
                report_actions.forget(report, keep_words=event.data["keep_words"], by=user)
                db.session.commit()


def _thanks_of(user: User) -> list[HelpfulMark]:
    return list(
        db.session.scalars(
            select(HelpfulMark)
            .where(HelpfulMark.user_id == user.id, HelpfulMark.is_on)
            .order_by(HelpfulMark.id)
            .options(joinedload(HelpfulMark.report).joinedload(DeploymentReport.bulletin))
            .limit(SLICE)
        )
    )


def _reports_of(user: User) -> list[DeploymentReport]:
    return list(
        db.session.scalars(
            select(DeploymentReport)
            .where(DeploymentReport.user_id == user.id)
            .order_by(DeploymentReport.id)
            .options(joinedload(DeploymentReport.bulletin))
            .limit(SLICE)
        )
    )
