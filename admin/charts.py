"""Numbers over time as column charts, with the same numbers as a table. Pure functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isinf

from deployment.reports.charts import Column, column_chart

COLUMN_GAP = 3  # in units of the view box


@dataclass
class Chart:
    """A chart: `parts` are labels by kind, `rows` are (label, {kind: number}), oldest first.

    With `is_nested` a part includes the parts before it (median and 95th percentile), else they are stacked.
    """

    name: str
    title: str
    unit: str
    parts: dict[str, str]
    rows: Sequence[tuple[str, dict[str, float]]]
    is_daily: bool = False
    is_nested: bool = False

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns to draw."""
        return column_chart([(label, self._stacked(found)) for label, found in self.rows], COLUMN_GAP)

    def _stacked(self, found: dict[str, float]) -> dict[str, float]:
        heights = {}
        below = 0.0
        for kind in self.parts:
            heights[kind] = found.get(kind, 0) - below
            below = found.get(kind, 0) if self.is_nested else 0.0
        return heights

    @property
    def highest(self) -> Column:
        """The highest column."""
        return max(self.columns, key=lambda column: column.total)

    @property
    def total(self) -> float:
        """The sum of all columns."""
        return sum(column.total for column in self.columns)

    @property
    def nonzero_rows(self) -> list[tuple[str, dict[str, float]]]:
        """The rows with a number other than 0, newest first."""
        return [(label, found) for label, found in reversed(self.rows) if any(found.values())]


def quantile(share: float, buckets: Iterable[tuple[float, float]]) -> float:
    """The quantile of a histogram with cumulative buckets (upper bound, count), like Prometheus.

    Values are assumed to be spread evenly within a bucket; above the last finite bound it is that bound.
    """
    ordered = sorted(buckets)
    wanted = share * (ordered[-1][1] if ordered else 0)
    lower = 0.0
    below = 0.0
    for bound, count in ordered:
        if isinf(bound):
            break
        if count >= wanted and count > below:
            return lower + (bound - lower) * (wanted - below) / (count - below)
        lower = bound
        below = count
    return lower
