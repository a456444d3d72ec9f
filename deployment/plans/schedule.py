"""A rollout plan: on which days the patches of a month reach the pilot and everybody. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

PILOT_DAYS, BROAD_DAYS, MOST_DAYS = 2, 7, 90


@dataclass(frozen=True)
class Plan:
    """The days of a plan. `deadline`: the earliest day by which an exploited bulletin must be done."""

    patch_day: date
    pilot: date
    broad: date
    deadline: date | None

    @property
    def is_late(self) -> bool:
        """Whether everybody gets the patches only after the deadline."""
        return self.deadline is not None and self.broad > self.deadline


def draw_up(patch_day: date, pilot_days: int, broad_days: int, due: Iterable[date]) -> Plan:
    """The plan; the pilot never comes after everybody else."""
    broad = patch_day + timedelta(days=max(pilot_days, broad_days))
    return Plan(patch_day, patch_day + timedelta(days=pilot_days), broad, min(due, default=None))
