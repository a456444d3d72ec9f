"""The day that comes once a month: zones, changes of the clocks, what a setting may say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import config
from core.monthly import Monthly

REDMOND = Monthly.parse("2TU 10:00 America/Los_Angeles")


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("year", "month", "expected"),
    [
        (2003, 10, utc(2003, 10, 14, 17)),
        (2026, 1, utc(2026, 1, 13, 18)),
        (2026, 3, utc(2026, 3, 10, 17)),
        (2026, 11, utc(2026, 11, 10, 18)),
        (2024, 12, utc(2024, 12, 10, 18)),
        (2026, 7, utc(2026, 7, 14, 17)),
    ],
)
def test_the_second_tuesday_at_ten_follows_the_clocks_there(year, month, expected):
    assert REDMOND.on(year, month) == expected


@pytest.mark.parametrize(
    ("written", "month", "expected"),
    [
        ("1MO 09:00 Europe/Berlin", 3, utc(2026, 3, 2, 8)),
        ("1MO 09:00 Europe/Berlin", 4, utc(2026, 4, 6, 7)),
        ("-1FR 08:30 Asia/Kolkata", 5, utc(2026, 5, 29, 3)),
        ("4SU 00:15 Pacific/Auckland", 1, utc(2026, 1, 24, 11, 15)),
        ("-1SU 12:00 UTC", 2, utc(2026, 2, 22, 12)),
    ],
)
def test_other_rules_and_zones(written, month, expected):
    assert Monthly.parse(written).on(2026, month) == expected


def test_an_hour_that_is_skipped_or_comes_twice_is_one_time():
    """On 8 March 2026 02:30 does not exist in Los Angeles, on 1 November 01:30 comes twice."""
    assert Monthly.parse("2SU 02:30 America/Los_Angeles").on(2026, 3) == utc(2026, 3, 8, 10, 30)
    assert Monthly.parse("1SU 01:30 America/Los_Angeles").on(2026, 11) == utc(2026, 11, 1, 8, 30)


def test_the_next_one_is_after_now():
    ten = REDMOND.on(2026, 11)
    assert REDMOND.next(ten - timedelta(seconds=1)) == ten
    assert REDMOND.next(ten) == REDMOND.on(2026, 12)
    assert REDMOND.next(utc(2026, 12, 9)) == REDMOND.on(2027, 1)


def test_days_are_counted_on_the_calendar_of_the_zone():
    ten = REDMOND.on(2026, 11)
    assert REDMOND.days_until(ten, utc(2026, 11, 10, 7, 59)) == 1, "it is still Monday there"
    assert REDMOND.days_until(ten, utc(2026, 11, 10, 8, 0)) == 0


rules = st.builds(
    "{}{} {:02}:{:02} {}".format,
    st.sampled_from([1, 2, 3, 4, -1]),
    st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]),
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(
        ["UTC", "America/Los_Angeles", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"]
    ),
)


@given(rules, st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))
def test_between_now_and_the_next_one_lies_none(written, now):
    rule = Monthly.parse(written)
    found = rule.next(now)
    assert str(rule) == written and now < found < now + timedelta(days=37)
    near = [now + timedelta(days=days) for days in range(-45, 46, 15)]
    months = {(day.year, day.month) for day in near}
    times = [rule.on(*month) for month in months]
    assert found in times and not any(now < each < found for each in times)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2TU",
        "2TU 10:00",
        "5TU 10:00 UTC",
        "0MO 10:00 UTC",
        "2XX 1:00 UTC",
        "2TU 24:00 UTC",
        "2TU 10:60 UTC",
        "2TU 9:00 UTC",
        "-2MO 10:00 UTC",
        "2TU 10:00 Mars/Olympus",
        "2TU 10:00 ../../etc/passwd",
        "2TU 10:00 America",
        "second Tuesday",
    ],
)
def test_a_wrong_setting_stops_the_start_with_what_to_write(written):
    with pytest.raises(config.InvalidSetting) as stopped:
        config.read_settings({"REDOUBT_PATCH_DAY": written})
    assert "REDOUBT_PATCH_DAY" in str(stopped.value) and "2TU 10:00 America/Los_Angeles" in str(stopped.value)
