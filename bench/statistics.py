"""Statistics of measurements: the median of several runs, with the minimum and the maximum."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from math import ceil
from statistics import median
from typing import TypeVar

RUNS = 5
K = TypeVar("K", bound=Hashable)
Run = Callable[[], dict[str, float]]
Samples = dict[str, list[float]]  # the values of all runs by the name of the measurement


def format_samples(values: list[float]) -> str:
    """The median, with minimum and maximum."""
    if len(values) == 1:
        return format_number(values[0])
    return f"{format_number(median(values))} ({format_number(min(values))}–{format_number(max(values))})"


def format_number(value: float) -> str:
    """A number with its significant digits."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which this share of the values lies."""
    found = sorted(values)
    return found[max(0, ceil(share * len(found)) - 1)]


def spread(milliseconds: list[float]) -> dict[str, float]:
    """The percentiles of the latencies of one run."""
    return {f"p{share}": percentile(milliseconds, share / 100) for share in (50, 95, 99)}


def interleaved(targets: Mapping[K, Run], runs: int = RUNS) -> dict[K, Samples]:
    """Measure all targets alternately, so that other load on the machine affects all of them alike."""
    found: dict[K, list[dict[str, float]]] = {name: [] for name in targets}
    for _ in range(runs):
        for name, run in targets.items():
            found[name].append(run())
    return {name: {key: [each[key] for each in rows] for key in rows[0]} for name, rows in found.items()}
