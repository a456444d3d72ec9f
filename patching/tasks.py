"""Scheduled: what calendars are told, the tag of the month, warnings whose reason has passed."""

from bulletins.models import Bulletin
from bulletins.queries import public
from core.db import db
from core.worker import scheduled
from patching import calendar_actions, discussion_actions, report_actions
from patching.calendar_days import coming_months, patch_uid
from patching.months import this_month
from posts import locks


@scheduled(hour=0, minute=25)
def keep_calendar() -> None:
    """Note the patch days ahead, so that another rule counts up; make the tag of this month."""
    calendar_actions.note({patch_uid(month): month.patch_day for month in coming_months()})
    discussion_actions.open_for([this_month()])
    db.session.commit()


@scheduled(hour=0, minute=35)
def calm_down() -> None:
    """End warnings of failures that are older than the rule looks back."""
    for bulletin in db.session.scalars(public().where(Bulletin.has_failures).order_by(Bulletin.id)).all():
        locks.lock(bulletin)
        report_actions.calm(bulletin)
        db.session.commit()
