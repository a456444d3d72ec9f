"""The calendar to subscribe to: patch days, due dates of what is exploited, ends of support."""

from flask_babel import gettext as _

from core.formats import calendars
from deployment.calendar import days, queries
from deployment.calendar.views import bp
from products.feeds import AHEAD, BEFORE, day_of
from products.lifecycle import queries as lifecycle_queries
from products.queries import today


@bp.get("/calendar.ics")
def subscribe():
    """Two years of patch days, KEV due dates, and what loses security support within a year."""
    day = today()
    ends = lifecycle_queries.around(day, before=BEFORE, ahead=AHEAD)
    return calendars.answer(
        _("Patch days, due dates and end-of-support dates"),
        [*days.patch_days(), *days.due_days(queries.due(day - days.DAYS_BACK)), *map(day_of, ends)],
    )
