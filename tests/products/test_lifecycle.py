"""Phases as a table of truth: every combination of what may be known."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.lifecycle.phases import (
    ACTIVE,
    EXTENSION,
    KINDS,
    SECURITY,
    Phase,
    Status,
    is_over,
    latest_end,
    phase_end,
    phase_on,
    status_on,
)

DAY = date(2026, 8, 22)
PAST, FUTURE = DAY - timedelta(days=1), DAY + timedelta(days=1)


@dataclass
class Release:
    released_on: date | None = None
    ends: dict = field(default_factory=dict)


def release(active=None, security=None, extension=None, released_on=None):
    ends = {ACTIVE: active, SECURITY: security, EXTENSION: extension}
    return Release(released_on, {kind: end for kind, end in ends.items() if end is not None})


@pytest.mark.parametrize(
    ("active", "security", "extension", "phase"),
    [
        (None, None, None, Phase.UNKNOWN),
        (FUTURE, FUTURE, None, Phase.ACTIVE),
        (None, FUTURE, None, Phase.ACTIVE),
        (PAST, FUTURE, FUTURE, Phase.SECURITY),
        (True, False, None, Phase.SECURITY),
        (PAST, PAST, FUTURE, Phase.EXTENSION),
        (None, True, False, Phase.EXTENSION),
        (PAST, PAST, None, Phase.ENDED),
        (True, True, True, Phase.ENDED),
        (None, PAST, PAST, Phase.ENDED),
        (False, False, True, Phase.ACTIVE),  # an extension that is over ends nothing
        (FUTURE, PAST, None, Phase.ENDED),  # security support decides over active support
        (PAST, None, None, Phase.UNKNOWN),
        (FUTURE, None, None, Phase.ACTIVE),
        (PAST, None, PAST, Phase.ENDED),
        (PAST, None, FUTURE, Phase.EXTENSION),
    ],
)
def test_phase(active, security, extension, phase):
    assert phase_on(release(active, security, extension), DAY) is phase


def test_the_last_day_still_counts():
    nt4 = release(security=date(2004, 6, 30))
    assert phase_on(nt4, date(2004, 6, 30)) is Phase.ACTIVE
    assert phase_on(nt4, date(2004, 7, 1)) is Phase.ENDED


def test_not_released_yet():
    assert phase_on(release(security=FUTURE, released_on=FUTURE), DAY) is Phase.UPCOMING


def test_sold_or_not_says_nothing_of_support():
    assert phase_on(Release(None, {"discontinued": True}), DAY) is Phase.UNKNOWN


ENDS = st.none() | st.booleans() | st.dates(date(2000, 1, 1), date(2040, 1, 1))
RELEASES = st.builds(
    Release,
    st.none() | st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    st.fixed_dictionaries(
        {}, optional={kind: st.booleans() | st.dates(date(2000, 1, 1), date(2040, 1, 1)) for kind in KINDS}
    ),
)
DAYS = st.dates(date(1999, 1, 1), date(2041, 1, 1))
ORDER = [Phase.UPCOMING, Phase.ACTIVE, Phase.SECURITY, Phase.EXTENSION, Phase.ENDED]


@given(RELEASES, DAYS, DAYS)
def test_a_life_never_runs_backwards(it, one, other):
    first, second = sorted((one, other))
    before, after = phase_on(it, first), phase_on(it, second)
    if Phase.UNKNOWN not in (before, after):
        assert ORDER.index(before) <= ORDER.index(after)


@given(RELEASES, DAYS)
def test_ended_means_security_support_is_over_and_no_extension_runs(it, day):
    over = is_over(it.ends.get(SECURITY), day)
    extension = is_over(it.ends.get(EXTENSION), day)
    if phase_on(it, day) is Phase.ENDED:
        assert over is True or extension is True
        assert extension is not False
    if phase_on(it, day) in (Phase.ACTIVE, Phase.SECURITY):
        assert over is not True


@given(RELEASES, DAYS)
def test_a_phase_is_over_the_day_after_its_end(it, day):
    end = phase_end(it, day)
    if end is not None:
        assert end >= day
        assert phase_on(it, end) is phase_on(it, day)
        assert phase_on(it, end + timedelta(days=1)) is not phase_on(it, day)


@given(st.lists(RELEASES))
def test_latest_end_is_over_only_when_all_are(releases):
    tracked = [r for r in releases if SECURITY in r.ends]
    if tracked:
        every = all(is_over(r.ends[SECURITY], DAY) for r in tracked)
        assert is_over(latest_end(releases), DAY) is every
    else:
        assert latest_end(releases) is None


@pytest.mark.parametrize(
    ("latest", "next_end", "status"),
    [
        (None, None, Status.UNKNOWN),
        (True, None, Status.ENDED),
        (PAST, None, Status.ENDED),
        (False, None, Status.SUPPORTED),
        (False, FUTURE, Status.ENDING),
        (DAY + timedelta(days=400), DAY + timedelta(days=91), Status.SUPPORTED),
        (DAY, DAY, Status.ENDING),
    ],
)
def test_status(latest, next_end, status):
    assert status_on(latest, next_end, DAY) is status
