"""The private calendar of a member."""

import hmac

from flask import g
from flask_babel import gettext as _

from core.formats import calendars
from core.web.access import get_or_404
from inventory import actions, private_calendar, queries
from inventory.views import bp
from products.feeds import day_of
from products.lifecycle import queries as lifecycle_queries
from products.queries import today


@bp.get("/my/<secret>.ics")
def my_calendar(secret: str):
    """The days of the member with this secret. A wrong secret and none look alike."""
    g.private_page = True
    address = queries.address_with(secret[: actions.HANDLE_LENGTH])
    expected = actions.secret(address) if address else ""
    known = hmac.compare_digest(expected.encode(), secret.encode("utf-8", "replace"))
    user = get_or_404(address.user if address and known else None)
    response = calendars.calendar_response(_("My products"), private_calendar.days(user))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@private_calendar.register_calendar_part
def _my_ends(user) -> list[calendars.Day]:
    return [day_of(phase) for phase in lifecycle_queries.of_member(user, today())]
