"""What a bulletin's page shows of its reports: the warning on top, the bar and the form below."""

from bulletins.models import Bulletin
from bulletins.panels import BELOW, TOP, Panel
from deployment.reports import queries
from deployment.reports.failure_spikes import WINDOW
from deployment.reports.views import summary


def warning(bulletin: Bulletin, reader) -> dict | None:
    """Failures rise: the reports that say why."""
    if not bulletin.has_failures or not bulletin.is_public:
        return None
    return {"recent": queries.recent(bulletin.id), "reasons": queries.reasons(bulletin), "days": WINDOW.days}


def reports(bulletin: Bulletin, reader) -> dict | None:
    """How it went so far, and one's own report."""
    return summary(bulletin, reader) if bulletin.is_public else None


PANELS = (Panel(TOP, "deployment/_warning.html", warning), Panel(BELOW, "deployment/_panel.html", reports))
