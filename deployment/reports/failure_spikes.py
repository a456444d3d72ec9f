"""The rule by which reported failures become a warning on the bulletin. Pure functions."""

from dataclasses import dataclass
from datetime import timedelta

WINDOW = timedelta(days=7)
MIN_FAILING_MEMBERS = 3
MIN_FAILING_SHARE = 0.2


@dataclass(frozen=True)
class RecentReports:
    """The number of members who reported within WINDOW, and of those with a failing report."""

    members: int
    failing: int


def is_failure_spike(recent: RecentReports) -> bool:
    """Whether at least MIN_FAILING_MEMBERS, and MIN_FAILING_SHARE of all who reported, report a failure.

    Members are counted, not reports: many reports of one member count once.
    """
    return recent.failing >= MIN_FAILING_MEMBERS and recent.failing >= MIN_FAILING_SHARE * recent.members
