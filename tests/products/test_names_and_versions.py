"""Spellings and versions: what is the same, and what must not be."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.release_versions import release_for, release_named, releases_named
from products import names


@dataclass(frozen=True)
class Release:
    cycle: str
    latest: str = ""
    label: str = ""
    codename: str = ""


WINDOWS = [
    Release("10-22h2", "10.0.19045", "10 22H2"),
    Release("10-21h2-e", "10.0.19044", "10 21H2 (E)"),
    Release("7-sp1", "6.1.7601", "7 SP1"),
    Release("11-24h2-e", "10.0.26100", "11 24H2 (E)"),
    Release("11-24h2-w", "10.0.26100", "11 24H2 (W)"),
]
PYTHON = [Release("3.12", "3.12.7"), Release("3.1", "3.1.5"), Release("3.11", "3.11.9")]


@pytest.mark.parametrize(
    ("releases", "version", "cycle"),
    [
        (WINDOWS, "10.0.19045.3930", "10-22h2"),
        (WINDOWS, "10.0.19045", "10-22h2"),
        (WINDOWS, "10.0.26100.1", None),  # two editions share that build
        (WINDOWS, "10.0.1", None),
        (WINDOWS, "10", None),
        (PYTHON, "3.12.1", "3.12"),
        (PYTHON, "3.1.2", "3.1"),
        (PYTHON, "v3.11.0rc1", "3.11"),
        (PYTHON, "3", None),
        (PYTHON, "4.0", None),
        (PYTHON, "", None),
        (PYTHON, "1:3.12.4-1", "3.12"),
        ([Release("1.1.1", "1.1.1w")], "1.1.1k", "1.1.1"),
        ([Release("8"), Release("8.1")], "8.1.27", "8.1"),
        ([Release("22.04")], "22.04.3", "22.04"),
        ([Release("2019")], "2019", "2019"),
    ],
)
def test_version_belongs_to(releases, version, cycle):
    found = release_for(releases, version)
    assert (found.cycle if found else None) == cycle


@pytest.mark.parametrize(
    ("text", "cycle"),
    [
        ("10 Version 22H2 for x64-based Systems", "10-22h2"),
        ("7 for 32-bit Systems Service Pack 1", "7-sp1"),
        ("10 Pro", None),
        ("11 24H2", None),
    ],
)
def test_release_named_in_words(text, cycle):
    found = release_named(WINDOWS, text)
    assert (found.cycle if found else None) == cycle


def test_editions_of_one_version_fit_equally():
    found = releases_named(WINDOWS, "11 Version 24H2 for x64-based Systems")
    assert [release.cycle for release in found] == ["11-24h2-e", "11-24h2-w"]


def test_a_code_name_may_be_left_out():
    releases = [Release("15.0", label="2019 'Seattle'", codename="Seattle")]
    assert release_named(releases, "2019 for x64-based Systems (GDR)") is releases[0]


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=5))
def test_no_version_is_an_error(version, cycles):
    releases = [Release(cycle, cycle, cycle) for cycle in cycles]
    release_for(releases, version)
    release_named(releases, version)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Open SSL", "open-ssl"), ("OpenSSL", "openssl"), ("Node.js", "nodejs"), ("ＷＩＮＤＯＷＳ", "windows")],
)
def test_spellings_share_a_key(one, other):
    assert names.name_key(one) == names.name_key(other) != ""


def test_c_and_its_successors_stay_apart():
    assert len({names.name_key(text) for text in ("C", "C++", "C#")}) == 3


@pytest.mark.parametrize(
    ("line", "kind", "key"),
    [
        ("pkg:pypi/Django@4.2?x=y#z", "purl", "pypi/django"),
        ("pkg:composer/laravel/framework", "purl", "composer/laravel/framework"),
        ("cpe:2.3:o:microsoft:windows", "cpe", "o:microsoft:windows"),
        ("cpe:/o:microsoft:windows", "cpe", "o:microsoft:windows"),
        (r"cpe:2.3:a:nodejs:node.js:20\.1:*:*:*:*:*:*:*", "cpe", "a:nodejs:node.js"),
        ("repology:nginx", "repology", "nginx"),
        ("  Win  2k ", "name", "win2k"),
        ("a\x00b\ud800", "name", "ab"),
    ],
)
def test_a_line_says_what_it_is(line, kind, key):
    name = names.parse(line)
    assert (name.kind, name.key) == (kind, key)
    assert names.parse(name.line) == name


@pytest.mark.parametrize(
    "line", ["pkg:", "pkg:nothing", "cpe:2.3:x:y:z", "cpe:", "cpe:2.3:a", "—", "", "x" * 400]
)
def test_a_line_that_names_nothing_is_refused(line):
    with pytest.raises(names.BadName):
        names.parse(line)


def test_cpe_version_has_its_update():
    assert names.parse_cpe("cpe:2.3:o:microsoft:windows_nt:4.0:sp6a:*:*:*:*:*:*").version == "4.0 sp6a"
    assert names.parse_cpe("cpe:2.3:a:x:y:*:*:*:*:*:*:*:*").version == ""
