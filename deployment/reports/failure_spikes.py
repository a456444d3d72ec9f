"""When reports of failures are a warning: a rule that anybody can check on the page. Pure."""

from dataclasses import dataclass
from datetime import timedelta

WINDOW = timedelta(days=7)
FEWEST = 3
SHARE = 0.2


@dataclass(frozen=True)
class Recent:
    """Members who reported within the last WINDOW, and those among them with a failing report."""

    members: int
    failing: int


def is_failure_spike(recent: Recent) -> bool:
    """Failed or rolled back for at least FEWEST members, and for at least SHARE of those who reported.

    Members are counted, not reports: many reports of one member weigh as one, whatever they say.
    """
    return recent.failing >= FEWEST and recent.failing >= SHARE * recent.members
