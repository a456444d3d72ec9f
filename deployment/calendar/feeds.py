"""The public iCalendar feed: patch days, KEV due dates and ends of support."""

from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.formats import calendars
from deployment.calendar import days, queries
from deployment.calendar.views import bp
from products.feeds import FUTURE_DAYS, PAST_DAYS, calendar_day
from products.lifecycle import queries as lifecycle_queries
from products.queries import today


@bp.get("/calendar.ics")
def subscribe() -> Response:
    """Two years of patch days, KEV due dates, and ends of support within a year."""
    day = today()
    ends = lifecycle_queries.around(day, before=PAST_DAYS, ahead=FUTURE_DAYS)
    return calendars.calendar_response(
        _("Patch days, due dates and end-of-support dates"),
        [*days.patch_days(), *days.due_days(queries.due(day - days.DAYS_BACK)), *map(calendar_day, ends)],
    )
