"""Reputation over time as points of an SVG line; the template draws it."""

from dataclasses import dataclass

WIDTH, HEIGHT, STEPS = 600, 120, 200


@dataclass(frozen=True)
class Line:
    """`points` for a polyline in a WIDTH × HEIGHT box, and the words that say the same."""

    points: str
    first: str
    last: str
    total: int


def line(days: list[tuple]) -> Line | None:
    """[(day, points)] → the running total as a line; None when there is nothing to see."""
    if len(days) < 2:
        return None
    start, span = days[0][0], max(1, (days[-1][0] - days[0][0]).days)
    totals, total = [], 0
    for day, points in days:
        total += points
        totals.append((day, max(1, total)))
    top = max(value for _, value in totals)
    every = max(1, len(totals) // STEPS)
    shown = totals[::every] + ([totals[-1]] if (len(totals) - 1) % every else [])
    coordinates = [
        (round((day - start).days / span * WIDTH, 1), round(HEIGHT - value / top * HEIGHT, 1))
        for day, value in shown
    ]
    return Line(" ".join(f"{x},{y}" for x, y in coordinates), str(start), str(days[-1][0]), totals[-1][1])
