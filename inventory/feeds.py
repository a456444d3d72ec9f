"""The private calendar of a member."""

import hmac

from flask import Response, g
from flask_babel import gettext as _

from auth.models import User
from core.formats import calendars
from core.web.access import get_or_404
from inventory import actions, private_calendar, queries
from inventory.views import bp
from products.feeds import calendar_day
from products.lifecycle import queries as lifecycle_queries
from products.queries import today


@bp.get("/my/<secret>.ics")
def my_calendar(secret: str) -> Response:
    """The private calendar of a member; 404 for a wrong secret."""
    g.private_page = True
    address = queries.address_with(secret[: actions.HANDLE_LENGTH])
    expected = actions.calendar_secret(address) if address else ""
    known = hmac.compare_digest(expected.encode(), secret.encode("utf-8", "replace"))
    user = get_or_404(address.user if address and known else None)
    response = calendars.calendar_response(_("My products"), private_calendar.days(user))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@private_calendar.register_calendar_part
def _my_ends(user: User) -> list[calendars.Day]:
    return [calendar_day(phase) for phase in lifecycle_queries.ends_for_member(user, today())]
