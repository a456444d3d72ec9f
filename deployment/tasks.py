"""Daily tasks: sequence numbers of patch days, the tag of the month, expired failure flags."""

from bulletins.models import Bulletin
from bulletins.queries import public
from core.database.db import db
from core.jobs.worker import register_daily_task
from deployment.calendar import actions
from deployment.calendar.days import coming_months, patch_uid
from deployment.calendar.months import this_month
from deployment.reports import actions as report_actions
from posts import locks


@register_daily_task(hour=0, minute=25)
def update_calendar() -> None:
    """Store the coming patch days, so that a changed rule updates calendars; create this month's tag."""
    actions.store_days({patch_uid(month): month.patch_day for month in coming_months()})
    actions.create_tags([this_month()])
    db.session.commit()


@register_daily_task(hour=0, minute=35)
def clear_failure_flags() -> None:
    """Clear failure flags of bulletins whose failures are older than the window of the rule."""
    for bulletin in db.session.scalars(public().where(Bulletin.has_failures).order_by(Bulletin.id)).all():
        locks.lock(bulletin)
        report_actions.clear_failure_flag(bulletin)
        db.session.commit()
