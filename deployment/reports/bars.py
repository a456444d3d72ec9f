"""Numbers as bars of an SVG; a macro draws them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEAST = 600, 24, 4
CHART_WIDTH, CHART_HEIGHT, FOOT, GAP = 840, 150, 22, 14
ROOM = 11  # a digit in a bar


@dataclass(frozen=True)
class Part:
    """A stretch of a bar; `says` whether its number fits in."""

    kind: str
    count: int
    start: float
    length: float

    @property
    def says(self) -> bool:
        """Whether there is room for the number."""
        return self.length >= ROOM * len(str(self.count)) + 4

    @property
    def middle(self) -> float:
        """Where the number stands."""
        return round(self.start + self.length / 2, 1)


@dataclass(frozen=True)
class Column:
    """One bar of a chart, standing."""

    label: str
    x: float
    width: float
    total: int
    parts: tuple[Part, ...]

    @property
    def top(self) -> float:
        """Where the bar ends."""
        return min((part.start for part in self.parts), default=CHART_HEIGHT)


def lie(counts: dict[str, int], length: float = WIDTH) -> tuple[Part, ...]:
    """The kinds beside each other; whatever is there at all can be seen."""
    there = {kind: count for kind, count in counts.items() if count}
    total, spare = sum(there.values()), length - LEAST * len(there)
    parts, at = [], 0.0
    for kind, count in there.items():
        size = LEAST + spare * count / total
        parts.append(Part(kind, count, round(at, 1), round(size, 1)))
        at += size
    return tuple(parts)


def stand(rows: Sequence[tuple[str, dict[str, float]]], gap: float = GAP) -> tuple[Column, ...]:
    """A column for each (label, counts), the highest as high as the chart."""
    highest = max((sum(counts.values()) for _label, counts in rows), default=0)
    step = CHART_WIDTH / max(1, len(rows))
    columns = []
    for number, (label, counts) in enumerate(rows):
        total, at, parts = sum(counts.values()), float(CHART_HEIGHT), []
        for kind, count in counts.items():
            if count:
                size = (CHART_HEIGHT - FOOT) * count / highest
                at -= size
                parts.append(Part(kind, count, round(at, 1), round(size, 1)))
        columns.append(
            Column(label, round(number * step + gap / 2, 1), round(step - gap, 1), total, tuple(parts))
        )
    return tuple(columns)
