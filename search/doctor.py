"""Whether what people write is found."""

from collections.abc import Iterator

from flask import current_app
from flask_babel import gettext as _

from core.checks.health import Finding, judge, register_check
from search.engines.base import Unavailable
from search.readings import lag

LATE = 60  # seconds


@register_check()
def index() -> Iterator[Finding]:
    """Search index."""
    name = _("Search index")
    try:
        with current_app.extensions["search"].view() as found:
            size = found.size
        behind = int(lag())
    except Unavailable:
        yield judge(
            name,
            _("Missing or damaged."),
            fault=True,
            advice=_("A running worker will rebuild it. To do it now, run flask search rebuild."),
        )
        return
    found = (
        _("%(n)s documents, up to date", n=size)
        if not behind
        else _("%(n)s documents; newest post missing for %(s)s s", n=size, s=behind)
    )
    yield judge(
        name,
        found,
        fault=behind > LATE,
        advice=_("Check that a worker is running. flask search rebuild updates the index now."),
    )
