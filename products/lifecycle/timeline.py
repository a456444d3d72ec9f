"""The lives of a product's releases as bars of an SVG; the template draws it. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from products.lifecycle.phases import ACTIVE, EXTENSION, SECURITY, SUPPORT, Phase, phase_on

WIDTH, ROW, AXIS, LETTER = 840, 26, 26, 7
MOST_LINES, MOST_TICKS, LONGEST_LABEL = 24, 10, 26
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Bar:
    """A stretch of one phase. `is_open`: no end is known; `is_vague`: over, but nobody says since when."""

    kind: str
    x: float
    width: float
    is_open: bool = False
    is_vague: bool = False


@dataclass(frozen=True)
class Line:
    """One release: `y` is the top of its row."""

    label: str
    y: int
    bars: tuple[Bar, ...]
    phase: Phase


@dataclass(frozen=True)
class Timeline:
    """The picture; `left_out` counts the older releases it does not show."""

    width: int
    height: int
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, int], ...]
    today: float
    left_out: int

    @property
    def is_vague(self) -> bool:
        """Whether any bar has no known end although it is over."""
        return any(bar.is_vague for line in self.lines for bar in line.bars)


def draw(releases: list, day: date) -> Timeline | None:
    """The releases as bars, in the given order; None when none of them has a date."""
    shown = _chosen(releases, day)
    dates = [d for r in shown for d in (r.released_on, *r.ends.values()) if isinstance(d, date)]
    if not dates:
        return None
    first, last = min(*dates, day), max(*dates, day + YEAR)
    labels = [_label(release, day) for release in shown]
    left = 16 + LETTER * max(map(len, labels))
    scale = (WIDTH - left) / (last - first).days

    def x(at: date) -> float:
        return round(left + (at - first).days * scale, 1)

    lines = tuple(
        Line(
            labels[number],
            AXIS + number * ROW,
            tuple(_bars(release, first, last, day, x)),
            phase_on(release, day),
        )
        for number, release in enumerate(shown)
    )
    return Timeline(
        WIDTH, AXIS + len(shown) * ROW + 6, lines, _ticks(first, last, x), x(day), len(releases) - len(shown)
    )


def _chosen(releases: list, day: date) -> list:
    """All that fits: what still lives first, then the youngest of the rest."""
    if len(releases) <= MOST_LINES:
        return releases
    order = sorted(range(len(releases)), key=lambda i: (phase_on(releases[i], day) is Phase.ENDED, i))[
        :MOST_LINES
    ]
    return [releases[i] for i in sorted(order)]


def _bars(release, first: date, last: date, day: date, x):
    """Phases one after the other; with no active support tracked, security support is the main bar."""
    ends = release.ends
    start = release.released_on or first
    for kind in SUPPORT:
        end = ends.get(kind)
        if end is None or (kind == EXTENSION and ends.get(SECURITY) is False):
            continue
        shown_as = ACTIVE if kind == SECURITY and ACTIVE not in ends else kind
        if kind == ACTIVE and end is False and isinstance(ends.get(SECURITY), date):
            end = ends[SECURITY]
        if end is True:
            if kind == SECURITY and start < day:
                yield Bar(shown_as, x(start), round(x(day) - x(start), 1), is_vague=True)
            continue
        until = last if end is False else end
        if until > start:
            yield Bar(shown_as, x(start), round(x(until) - x(start), 1), is_open=end is False)
            start = until


def _ticks(first: date, last: date, x) -> tuple[tuple[float, int], ...]:
    years = range(first.year + 1, last.year + 1)
    step = max(1, -(-len(years) // MOST_TICKS))
    return tuple((x(date(year, 1, 1)), year) for year in years if year % step == 0)


def _label(release, day: date) -> str:
    label = release.label or release.cycle
    if release.is_lts(day) and "LTS" not in label:
        label += " LTS"
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"
