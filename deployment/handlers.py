"""Event handlers: changed bulletins and erased members."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from auth.models import User
from bulletins.models import Bulletin
from bulletins.queries import public
from core.database.db import db
from core.jobs import events
from deployment.calendar import actions
from deployment.calendar.days import due_uid
from deployment.calendar.months import Month
from deployment.models import DeploymentReport, HelpfulMark
from deployment.reports import actions as report_actions
from deployment.reports import helpful_actions
from posts import locks

BATCH_SIZE = 25


@events.register_handler(
    "bulletin.published",
    "bulletin.republished",
    "bulletin.imported",
    "bulletin.ranked",
    "bulletin.risk_raised",
    "bulletin.undeleted",
)
def note_due_dates(batch: list[events.Event]) -> None:
    """Store due dates, so that a changed one updates calendars."""
    found = db.session.scalars(
        public().where(Bulletin.id.in_({e.subject_id for e in batch}), Bulletin.kev_due_on.is_not(None))
    )
    if days := {due_uid(row): row.kev_due_on for row in found if row.kev_due_on is not None}:
        actions.store_days(days)
    db.session.commit()


@events.register_handler("bulletin.published")
def create_discussion_tag(batch: list[events.Event]) -> None:
    """Create the tag for questions about a month's patches with its first bulletin."""
    rows = db.session.scalars(
        public()
        .with_only_columns(Bulletin.release_month)
        .distinct()
        .where(Bulletin.id.in_({e.subject_id for e in batch}))
    )
    actions.create_tags(filter(None, map(Month.parse, rows)))
    db.session.commit()


@events.register_handler(
    "bulletin.published",
    "bulletin.republished",
    "bulletin.unpublished",
    "bulletin.deleted",
    "bulletin.undeleted",
)
def follow_bulletins(batch: list[events.Event]) -> None:
    """Give and take back reputation for reports whose bulletin was published, unpublished or deleted."""
    ids = {event.subject_id for event in batch if event.subject_id is not None}
    for bulletin_id in sorted(ids):
        reports = list(
            db.session.scalars(
                select(DeploymentReport).where(
                    DeploymentReport.bulletin_id == bulletin_id, DeploymentReport.helpful_count > 0
                )
            )
        )
        if reports:
            bulletin = db.session.get_one(Bulletin, bulletin_id)
            locks.lock(bulletin)
            helpful_actions.update_reputation(bulletin, reports)
        db.session.commit()


@events.register_handler("user.erased")
def forget(batch: list[events.Event]) -> None:
    """Take back helpful marks of an erased member; anonymize their reports, or remove them with the posts.

    Every row has its own transaction, and a repeated event finds nothing left.
    """
    for event in batch:
        user = db.session.get_one(User, event.subject_id)
        while marks := _marks_of(user):
            for mark in marks:
                helpful_actions.set_mark(mark.report, False, by=user)
                db.session.commit()
        while reports := _reports_of(user):
            for report in reports:
                report_actions.forget(report, keep_words=event.data["keep_words"], by=user)
                db.session.commit()


def _marks_of(user: User) -> list[HelpfulMark]:
    return list(
        db.session.scalars(
            select(HelpfulMark)
            .where(HelpfulMark.user_id == user.id, HelpfulMark.is_on)
            .order_by(HelpfulMark.id)
            .options(joinedload(HelpfulMark.report).joinedload(DeploymentReport.bulletin))
            .limit(BATCH_SIZE)
        )
    )


def _reports_of(user: User) -> list[DeploymentReport]:
    return list(
        db.session.scalars(
            select(DeploymentReport)
            .where(DeploymentReport.user_id == user.id)
            .order_by(DeploymentReport.id)
            .options(joinedload(DeploymentReport.bulletin))
            .limit(BATCH_SIZE)
        )
    )
