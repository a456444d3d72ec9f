"""Results with their spread: the median of several runs, with the lowest and the highest."""

from collections.abc import Callable, Iterable
from math import ceil
from statistics import median

RUNS = 5
Run = Callable[[], dict[str, float]]
Found = dict[str, list[float]]  # a metric's name → its value in each run


def written(values: list[float]) -> str:
    """The median, and between which values the runs lay."""
    if len(values) == 1:
        return short(values[0])
    return f"{short(median(values))} ({short(min(values))}–{short(max(values))})"


def short(value: float) -> str:
    """A number with the digits that mean something."""
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


def interleaved(targets: dict[str, Run], runs: int = RUNS) -> dict[str, Found]:
    """Measure all targets in turn, again and again: what disturbs the machine then disturbs all alike."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in targets}
    for _ in range(runs):
        for name, run in targets.items():
            found[name].append(run())
    return {name: {key: [each[key] for each in rows] for key in rows[0]} for name, rows in found.items()}
