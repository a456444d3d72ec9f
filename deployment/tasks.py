"""Scheduled: what calendars are told, the tag of the month, warnings whose reason has passed."""

from bulletins.models import Bulletin
from bulletins.queries import public
from core.database.db import db
from core.jobs.worker import register_daily_task
from deployment.calendar import actions, discussion_actions
from deployment.calendar.days import coming_months, patch_uid
from deployment.calendar.months import this_month
from deployment.reports import actions as report_actions
from posts import locks


@register_daily_task(hour=0, minute=25)
def keep_calendar() -> None:
    """Note the patch days ahead, so that another rule counts up; make the tag of this month."""
    actions.note({patch_uid(month): month.patch_day for month in coming_months()})
    discussion_actions.open_for([this_month()])
    db.session.commit()


@register_daily_task(hour=0, minute=35)
def calm_down() -> None:
    """End warnings of failures that are older than the rule looks back."""
    for bulletin in db.session.scalars(public().where(Bulletin.has_failures).order_by(Bulletin.id)).all():
        locks.lock(bulletin)
        report_actions.clear_failure_flag(bulletin)
        db.session.commit()
