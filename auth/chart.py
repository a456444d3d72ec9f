"""Reputation over time as points of an SVG line; the template draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH = 600
HEIGHT = 120
MAX_POINTS = 200  # further days are skipped evenly


@dataclass(frozen=True)
class Line:
    """`points` for a polyline in a WIDTH × HEIGHT box; first and last day and the total for its text."""

    points: str
    first: str
    last: str
    total: int


def line(days: Sequence[tuple[date, int]]) -> Line | None:
    """The running total of [(day, points)] as a line; None for fewer than two days."""
    if len(days) < 2:
        return None
    start = days[0][0]
    span_days = max(1, (days[-1][0] - start).days)
    totals = []
    total = 0
    for day, points in days:
        total += points
        totals.append((day, max(1, total)))
    top = max(value for _, value in totals)
    step = max(1, len(totals) // MAX_POINTS)
    shown = totals[::step] + ([totals[-1]] if (len(totals) - 1) % step else [])
    coordinates = [
        (round((day - start).days / span_days * WIDTH, 1), round(HEIGHT - value / top * HEIGHT, 1))
        for day, value in shown
    ]
    return Line(" ".join(f"{x},{y}" for x, y in coordinates), str(start), str(days[-1][0]), totals[-1][1])
