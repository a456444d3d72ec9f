"""Numbers over time as standing bars, with the same numbers as a table. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isinf

from deployment.reports import bars

GAP = 3


@dataclass
class Chart:
    """`parts` names what is stacked, by kind; `rows` are (label, {kind: number}), oldest first.

    When it `is_nested`, each part reaches from the bottom and holds those before it.
    """

    name: str
    title: str
    unit: str
    parts: dict[str, str]
    rows: Sequence[tuple[str, dict[str, float]]]
    is_daily: bool = False
    is_nested: bool = False

    @cached_property
    def columns(self) -> tuple[bars.Column, ...]:
        """What is drawn."""
        return bars.stand([(label, self._stacked(found)) for label, found in self.rows], GAP)

    def _stacked(self, found: dict[str, float]) -> dict[str, float]:
        heights, below = {}, 0.0
        for kind in self.parts:
            heights[kind] = found.get(kind, 0) - below
            below = found.get(kind, 0) if self.is_nested else 0.0
        return heights

    @property
    def highest(self) -> bars.Column:
        """The tallest bar."""
        return max(self.columns, key=lambda column: column.total)

    @property
    def total(self) -> float:
        """All of it."""
        return sum(column.total for column in self.columns)

    @property
    def told(self) -> list[tuple[str, dict[str, float]]]:
        """The rows where there was something, newest first."""
        return [(label, found) for label, found in reversed(self.rows) if any(found.values())]


def quantile(share: float, buckets: Iterable[tuple[float, float]]) -> float:
    """The value below which `share` of all lie, from (bound, how many are at most that).

    Between two bounds they are taken to lie evenly, as Prometheus does; beyond the last, at the last.
    """
    ordered = sorted(buckets)
    wanted = share * (ordered[-1][1] if ordered else 0)
    lower, below = 0.0, 0.0
    for bound, count in ordered:
        if isinf(bound):
            break
        if count >= wanted and count > below:
            return lower + (bound - lower) * (wanted - below) / (count - below)
        lower, below = bound, count
    return lower
