"""Ranges: VERS and the texts of advisories, which are read conservatively."""

import time

import pytest

from inventory.versions.ranges import ABOVE, BELOW, INSIDE, OVERLAPS, parse_text, parse_vers, place


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("<= 10.5", "10.5 9 10.4.9", "10.5.1 11"),
        ("< 7.2.3", "7.2.2 1", "7.2.3 7.2.10"),
        (">= 7.0, <= 7.0.10", "7.0 7.0.10", "6.9 7.0.11 7.1"),
        (">=V1.0|<V2.0", "1.0 1.9", "0.9 2.0"),
        ("All versions < V2.3", "2.2", "2.3"),
        ("prior to 3.2", "3.1.9", "3.2"),
        ("versions prior to 3.2", "3.1.9", "3.2"),
        ("before 3.2", "3.1.9", "3.2"),
        ("3.1 and earlier", "3.1 2", "3.1.1 4"),
        ("up to and including 3.1", "3.1", "3.1.1"),
        ("3.1 and later", "3.1 9", "3.0"),
        ("1.0 through 1.5", "1.0 1.5", "1.5.1"),
        ("from 1.0 before 1.5", "1.0 1.4", "1.5"),
        ("4.2.x", "4.2 4.2.9", "4.3 4.20"),
        ("<= 5.10.*", "5.10.200", "5.11"),
        ("≤ 2.1", "2.1", "2.2"),
        ("all versions", "1 99", ""),
        ("*", "1", ""),
        ("vers:semver/>=1.0.0|<2.0.0", "1.0.0 1.9.9", "2.0.0 0.9.0"),
        ("vers:npm/1.2.3|>=2.0.0|<2.3.4|!=2.1.0", "1.2.3 2.0.0 2.3.3", "1.2.4 2.1.0 2.3.4"),
        ("vers:deb/<3.0.16-1~deb12u1", "3.0.15-1~deb12u1", "3.0.16-1~deb12u1 1:0.1"),
        ("vers:intdot/>=7.0.0|<=7.0.5|>=7.2.0|<7.2.3", "7.0.5 7.2.2", "7.1 7.2.3"),
        ("vers:generic/>=1.0|<1.0%2B2", "", "0.1"),
    ],
)
def test_what_is_inside(text, inside, outside):
    wanted = parse_text(text)
    assert wanted is not None
    assert [v for v in inside.split() if place(v, wanted).where != INSIDE] == []
    assert [v for v in outside.split() if place(v, wanted).where == INSIDE] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "other versions",
        "Firmware 3.2 only",
        "1.0, 1.1 and 1.2",
        "see the advisory",
        "< the fixed version",
        "1.0 < x < 2.0",
        "versions with module Y",
        "<2 || broken",
        "vers:generic/<1|<2",
        "vers:semver/",
        "vers:/1",
        "9 < 10 <",
        "15.2(4)M3 special",
        "<" * 500,
    ],
)
def test_what_is_not_understood_is_no_range(text):
    assert parse_text(text) is None


@pytest.mark.parametrize(
    "text", ["<1" * 900, "vers:deb/" + "<1|" * 600, ">= " + "1." * 900, "1 and " * 300, " " * 1900 + "1"]
)
def test_hostile_ranges_take_no_time(text):
    start = time.perf_counter()
    parse_text(text)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("family", "text", "where"),
    [
        ("8.3", "< 8.3.12", OVERLAPS),
        ("8.3", ">= 8.1, < 8.1.30", ABOVE),
        ("8.3", "< 8.4", INSIDE),
        ("8.3", ">= 8.4", BELOW),
        ("8.3", ">= 8.3.4", OVERLAPS),
        ("8.3", "< 8.30", INSIDE),
        ("26", "< 9.6", ABOVE),
        ("142", "< 134.0.6998.88", ABOVE),
        ("100", "< 134.0.6998.88", INSIDE),
        ("7", "7.0.1", OVERLAPS),
        ("9", "10", BELOW),
    ],
)
def test_a_release_is_a_family_of_versions(family, text, where):
    assert place(family, parse_text(text), is_family=True).where == where


def test_a_single_version_may_stand_for_its_family():
    assert place("7.0.4", parse_text("7.0")).where == OVERLAPS
    assert place("7.0", parse_text("7.0")).where == INSIDE
    assert place("7.1", parse_text("7.0")).where == ABOVE
    assert place("70.1", parse_text("7.0")).where == ABOVE


def test_none_is_nothing():
    assert place("1", parse_vers("vers:none/*")).where == ABOVE
