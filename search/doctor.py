"""Health check of the search index."""

from collections.abc import Iterator

from flask import current_app
from flask_babel import gettext as _

from core.checks.health import Finding, finding, register_check
from search.engines.base import Unavailable
from search.gauges import lag_seconds

MAX_LAG_SECONDS = 60


@register_check()
def index() -> Iterator[Finding]:
    """Search index."""
    name = _("Search index")
    try:
        with current_app.extensions["search"].view() as found:
            size = found.size
        lag = int(lag_seconds())
    except Unavailable:
        yield finding(
            name,
            _("Missing or damaged."),
            error=True,
            advice=_("A running worker will rebuild it. To do it now, run flask search rebuild."),
        )
        return
    found = (
        _("%(n)s documents, up to date", n=size)
        if not lag
        else _("%(n)s documents; newest post missing for %(s)s s", n=size, s=lag)
    )
    yield finding(
        name,
        found,
        error=lag > MAX_LAG_SECONDS,
        advice=_("Check that a worker is running. flask search rebuild updates the index now."),
    )
