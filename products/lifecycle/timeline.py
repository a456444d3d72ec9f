"""Layout of the life-cycle chart of a product as SVG, which the template renders. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from products.lifecycle.phases import ACTIVE, EXTENSION, SECURITY, SUPPORT, Phase, phase_on
from products.models import Release

WIDTH_PX = 840
ROW_HEIGHT_PX = 26
AXIS_HEIGHT_PX = 26
CHARACTER_WIDTH_PX = 7
MAX_LINES = 24
MAX_TICKS = 10
MAX_LABEL_LENGTH = 26  # characters
YEAR = timedelta(days=365)
Scale = Callable[[date], float]  # from a date to an x coordinate


@dataclass(frozen=True)
class Bar:
    """A bar of one phase. `is_open`: it has no known end; `is_vague`: it is over since an unknown day."""

    kind: str
    x: float
    width: float
    is_open: bool = False
    is_vague: bool = False


@dataclass(frozen=True)
class Line:
    """The row of one release; `y` is its top."""

    label: str
    y: int
    bars: tuple[Bar, ...]
    phase: Phase


@dataclass(frozen=True)
class Timeline:
    """The chart; `left_out` is the number of older releases that are not shown."""

    width: int
    height: int
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, int], ...]
    today: float
    left_out: int

    @property
    def is_vague(self) -> bool:
        """Whether a bar is over since an unknown day."""
        return any(bar.is_vague for line in self.lines for bar in line.bars)


def draw(releases: list[Release], day: date) -> Timeline | None:
    """Lay out the releases in the given order; None when none has a date."""
    shown = _select_releases(releases, day)
    dates = [d for r in shown for d in (r.released_on, *r.ends.values()) if isinstance(d, date)]
    if not dates:
        return None
    first = min(*dates, day)
    last = max(*dates, day + YEAR)
    labels = [_label(release, day) for release in shown]
    left = 16 + CHARACTER_WIDTH_PX * max(map(len, labels))
    scale = (WIDTH_PX - left) / (last - first).days

    def to_x(at: date) -> float:
        return round(left + (at - first).days * scale, 1)

    lines = tuple(
        Line(
            labels[number],
            AXIS_HEIGHT_PX + number * ROW_HEIGHT_PX,
            tuple(_bars(release, first, last, day, to_x)),
            phase_on(release, day),
        )
        for number, release in enumerate(shown)
    )
    return Timeline(
        WIDTH_PX,
        AXIS_HEIGHT_PX + len(shown) * ROW_HEIGHT_PX + 6,
        lines,
        _ticks(first, last, to_x),
        to_x(day),
        len(releases) - len(shown),
    )


def _select_releases(releases: list[Release], day: date) -> list[Release]:
    """At most MAX_LINES releases: those not ended, then the newest of the others."""
    if len(releases) <= MAX_LINES:
        return releases
    order = sorted(range(len(releases)), key=lambda i: (phase_on(releases[i], day) is Phase.ENDED, i))[
        :MAX_LINES
    ]
    return [releases[i] for i in sorted(order)]


def _bars(release: Release, first: date, last: date, day: date, to_x: Scale) -> Iterator[Bar]:
    """Phases one after the other; without active support, security support is the main bar."""
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
                yield Bar(shown_as, to_x(start), round(to_x(day) - to_x(start), 1), is_vague=True)
            continue
        until = last if end is False else end
        if until > start:
            yield Bar(shown_as, to_x(start), round(to_x(until) - to_x(start), 1), is_open=end is False)
            start = until


def _ticks(first: date, last: date, to_x: Scale) -> tuple[tuple[float, int], ...]:
    years = range(first.year + 1, last.year + 1)
    step = max(1, -(-len(years) // MAX_TICKS))
    return tuple((to_x(date(year, 1, 1)), year) for year in years if year % step == 0)


def _label(release: Release, day: date) -> str:
    label = release.label or release.cycle
    if release.is_lts(day) and "LTS" not in label:
        label += " LTS"
    return label if len(label) <= MAX_LABEL_LENGTH else label[: MAX_LABEL_LENGTH - 1] + "…"
