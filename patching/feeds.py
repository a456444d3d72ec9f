"""The calendar to subscribe to: patch days, due dates of what is exploited, ends of support."""

from flask_babel import gettext as _

from core import calendars
from patching import calendar_days, month_queries
from patching.views import bp
from products import lifecycle_queries
from products.feeds import AHEAD, BEFORE, day_of
from products.queries import today


@bp.get("/calendar.ics")
def subscribe():
    """Two years of patch days, KEV due dates, and what loses security support within a year."""
    day = today()
    ends = lifecycle_queries.around(day, before=BEFORE, ahead=AHEAD)
    return calendars.answer(_("Patch days, due dates and end-of-support dates"), [
        *calendar_days.patch_days(),
        *calendar_days.due_days(month_queries.due(day - calendar_days.DAYS_BACK)),
        *map(day_of, ends)])
