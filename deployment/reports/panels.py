"""Panels on a bulletin's page: the failure warning at the top, reports and their form below."""

from auth.models import User, Visitor
from bulletins.models import Bulletin
from bulletins.panels import BELOW, TOP, Panel
from deployment.reports import queries
from deployment.reports.failure_spikes import WINDOW
from deployment.reports.views import summary


def warning(bulletin: Bulletin, reader: User | Visitor) -> dict | None:
    """The failing reports behind the warning; None without a failure flag."""
    if not bulletin.has_failures or not bulletin.is_public:
        return None
    return {
        "recent": queries.recent(bulletin.id),
        "failures": queries.recent_failures(bulletin),
        "days": WINDOW.days,
    }


def reports(bulletin: Bulletin, reader: User | Visitor) -> dict | None:
    """The outcomes so far and the reader's own reports."""
    return summary(bulletin, reader) if bulletin.is_public else None


PANELS = (Panel(TOP, "deployment/_warning.html", warning), Panel(BELOW, "deployment/_panel.html", reports))
