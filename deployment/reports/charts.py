"""Numbers as bars of an SVG, drawn by templates/deployment/_macros.html. Pure functions.

All lengths are in units of the SVG's view box.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BAR_LENGTH = 600
MIN_PART_LENGTH = 4
CHART_WIDTH = 840
CHART_HEIGHT = 150
CHART_MARGIN = 22  # above the highest column
COLUMN_GAP = 14
DIGIT_WIDTH = 11


@dataclass(frozen=True)
class Part:
    """A part of a bar, for one kind of what is counted."""

    kind: str
    count: float
    start: float
    length: float

    @property
    def fits_number(self) -> bool:
        """Whether the number fits into the part."""
        return self.length >= DIGIT_WIDTH * len(str(self.count)) + 4

    @property
    def middle(self) -> float:
        """The position of the number."""
        return round(self.start + self.length / 2, 1)


@dataclass(frozen=True)
class Column:
    """A column of a chart."""

    label: str
    x: float
    width: float
    total: float
    parts: tuple[Part, ...]

    @property
    def top(self) -> float:
        """The upper end of the column."""
        return min((part.start for part in self.parts), default=CHART_HEIGHT)


def stacked_bar(counts: Mapping[str, int], length: float = BAR_LENGTH) -> tuple[Part, ...]:
    """A horizontal bar of the kinds that occur; every part is at least MIN_PART_LENGTH long."""
    present = {kind: count for kind, count in counts.items() if count}
    total = sum(present.values())
    spare = length - MIN_PART_LENGTH * len(present)
    parts = []
    start = 0.0
    for kind, count in present.items():
        part_length = MIN_PART_LENGTH + spare * count / total
        parts.append(Part(kind, count, round(start, 1), round(part_length, 1)))
        start += part_length
    return tuple(parts)


def column_chart(
    rows: Sequence[tuple[str, Mapping[str, float]]], gap: float = COLUMN_GAP
) -> tuple[Column, ...]:
    """A column of stacked parts for each (label, counts), scaled to the highest."""
    highest = max((sum(counts.values()) for _label, counts in rows), default=0)
    step = CHART_WIDTH / max(1, len(rows))
    columns = []
    for number, (label, counts) in enumerate(rows):
        start = float(CHART_HEIGHT)
        parts = []
        for kind, count in counts.items():
            if count:
                length = (CHART_HEIGHT - CHART_MARGIN) * count / highest
                start -= length
                parts.append(Part(kind, count, round(start, 1), round(length, 1)))
        x = round(number * step + gap / 2, 1)
        columns.append(Column(label, x, round(step - gap, 1), sum(counts.values()), tuple(parts)))
    return tuple(columns)
