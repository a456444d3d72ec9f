"""The dates of a rollout plan. Pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

DEFAULT_PILOT_DAYS = 2  # after patch day
DEFAULT_BROAD_DAYS = 7
MAX_DAYS = 90


@dataclass(frozen=True)
class Plan:
    """The dates of a plan; `deadline` is the earliest due date of an exploited bulletin."""

    patch_day: date
    pilot: date
    broad: date
    deadline: date | None

    @property
    def is_late(self) -> bool:
        """Whether the broad ring comes after the deadline."""
        return self.deadline is not None and self.broad > self.deadline


def make_plan(patch_day: date, pilot_days: int, broad_days: int, due: Iterable[date]) -> Plan:
    """Make the plan; the broad ring never comes before the pilot."""
    broad = patch_day + timedelta(days=max(pilot_days, broad_days))
    return Plan(patch_day, patch_day + timedelta(days=pilot_days), broad, min(due, default=None))
