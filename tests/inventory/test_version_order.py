"""The order of versions, by the published rules of each ecosystem, and by dpkg where it is installed."""

import random
import shutil
import subprocess
import time
from itertools import combinations, pairwise

import pytest

from inventory.versions import plain, schemes
from inventory.versions.plain import NotComparable

ORDERED = {
    # https://semver.org/#spec-item-11, and four numbers as Chrome has them
    "semver": "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 "
    "1.0.0-rc.1 1.0.0 1.0.1 1.2.0 1.10.0 2.0.0 2.0.0.1 134.0.6998.88 134.0.6998.117 "
    "142.0.7444.59",
    # npm: a leading v is allowed
    "npm": "v0.0.1-0 0.0.1 v1.2.3-beta.4 1.2.3-beta.10 1.2.3 1.3.0-0 1.3.0",
    # PEP 440, summary of permitted suffixes and relative ordering
    "pypi": "1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 "
    "1.0b2.post345.dev456 1.0b2.post345 1.0rc1.dev456 1.0rc1 1.0 1.0+abc.5 1.0+abc.7 1.0+5 "
    "1.0.post456.dev34 1.0.post456 1.0.15 1.1.dev1 1!0.1",
    # Debian Policy 5.6.12: ~ sorts before the end, letters before other characters, epochs first
    "deb": "1.0~~ 1.0~~a 1.0~ 1.0~rc1-1 1.0 1.0-0ubuntu1 1.0-1~deb12u1 1.0-1 1.0-1+deb12u1 1.0-1.1 "
    "1.0a-1 1.0+dfsg-1 1.0.1-1 1.1-1 1.10-1 1:0.9-1",
    # rpm: ~ sorts before the end, ^ after it
    "rpm": "1.0~rc1 1.0~rc1^git1 1.0~rc2 1.0 1.0^ 1.0^git1 1.0^git2 1.01 1.1-1.el8 1.1-2.el8 "
    "1.1-2.el8_4 1.1-10.el8 1.1a-1 2.0 2.0.1 2.0.1a 5.5p1 5.5p2 5.5p10 1:0.1-1",
    # Maven, POM reference, version order specification
    "maven": "1-alpha2snapshot 1-alpha2 1-alpha-123 1-beta-2 1-beta123 1-m2 1-m11 1-rc 1-cr2 1-rc123 "
    "1-SNAPSHOT 1 1-sp 1-sp2 1-sp123 1-abc 1-def 1-pom-1 1-1-snapshot 1-1 1-2 1-123",
    "gem": "1.0.a 1.0.a.2 1.0.b1 1.0 1.0.1 1.0.10 1.9.3",
    "nuget": "1.0.0-alpha 1.0.0-beta 1.0.0 1.0.0.1 1.0.1",
    "apk": "1.0_rc1 1.0 1.0-r1 1.0-r2 1.0_p1 1.1",
    "generic": "1.0-dev 1.0-alpha 1.0-beta2 1.0-rc1 1.0 1.0.1 1.1 1.10 2 10.0.19045.2965 10.0.19045.10000 "
    "10.0.26100",
}
EQUAL = {
    "semver": ["1.0.0 1.0.0+build.5", "1.0 1.0.0", "v1.2.3 1.2.3"],
    "pypi": ["1.0 1.0.0", "1.0-1 1.0.post1", "1.0RC1 1.0rc1", "v1.0 1.0"],
    "deb": ["0:1.0-1 1.0-1", "1.0 1.0-0"],
    "rpm": ["1.0 1_0", "1.05 1.5", "0:1-1 1-1"],
    "maven": ["1 1.0", "1 1.0-0", "1ga 1", "1-final 1", "1cr 1rc", "1a1 1-alpha-1"],
    "generic": ["7.0 7.0.0", "V2.3 2.3", "version 3.1 3.1", "8u401 1.8.0_401", "7.0 SP1 7.0-sp1"],
}


@pytest.mark.parametrize("name", ORDERED)
def test_order(name):
    scheme = schemes.scheme_of(name)
    for first, second in combinations(ORDERED[name].split(), 2):
        assert schemes.compare(scheme, first, second) == -1, (first, second)
        assert schemes.compare(scheme, second, first) == 1, (first, second)


@pytest.mark.parametrize("name", EQUAL)
def test_equal(name):
    for pair in EQUAL[name]:
        first, _, second = pair.partition(" ")
        for cut in range(pair.count(" ")):  # one of the texts may have blanks
            words = pair.split(" ")
            first, second = " ".join(words[: cut + 1]), " ".join(words[cut + 1 :])
            try:
                if schemes.compare(schemes.scheme_of(name), first, second) == 0:
                    break
            except NotComparable:
                continue
        else:
            raise AssertionError(pair)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1.0.2k", "1.0.2zg"),
        ("1.0.2zf", "1.0.2zg"),
        ("1.0.2", "1.0.2a"),
        ("8u391", "8u401"),
        ("9.8p1", "9.9p1"),
        ("9.9", "9.9p2"),
    ],
)
def test_letters_and_patches(first, second):
    assert plain.compare(first, second) == -1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("5.0 SP1", "5.0 U2"),  # two words have no order
        ("7.0 SP1", "7.0.5"),
        ("15.2(4)M3", "15.2(4)M4"),
        ("unknown", "1.0"),
        ("1.0 special", "1.0"),
        ("", "1"),
        ("9" * 200, "1"),
    ],
)
def test_what_has_no_order_is_said(first, second):
    with pytest.raises(NotComparable):
        schemes.compare("generic", first, second)


def test_a_leading_difference_decides_whatever_follows():
    assert schemes.compare("generic", "15.2(4)M3", "15.3(1)") == -1


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed")
def test_debian_order_is_that_of_dpkg():
    source = random.Random(580)

    def version():
        epoch = source.choice(["", "", "", "1:", "2:"])
        upstream = source.choice("0123456789") + "".join(
            source.choices("0012359abz.+~", k=source.randint(0, 6))
        )
        revision = source.choice(["", "-1", "-0", "-" + "".join(source.choices("01239ab.+~", k=3))])
        return epoch + upstream + revision

    for _ in range(150):
        first = version()
        second = first + source.choice(["~", "0", "+", "a", ".0"]) if source.random() < 0.4 else version()
        relation = {-1: "lt", 0: "eq", 1: "gt"}[schemes.compare("deb", first, second)]
        found = subprocess.run(["dpkg", "--compare-versions", first, relation, second], check=False)
        assert found.returncode == 0, (first, relation, second)


@pytest.mark.parametrize(
    "name", ["deb", "rpm", "maven", "pypi", "gem", "nuget", "apk", "alpm", "ebuild", "generic", "semver"]
)
@pytest.mark.parametrize(
    "text",
    [
        "1" * 100,
        "1." * 50,
        "1-" * 50,
        "a.1-" * 25,
        "1~" * 50,
        "1_alpha" * 14,
        "(" * 100,
        "1" + " " * 98 + "x",
    ],
)
def test_hostile_versions_take_no_time(name, text):
    start = time.perf_counter()
    schemes.is_version(schemes.scheme_of(name), text)
    assert time.perf_counter() - start < 0.5


def test_the_order_is_transitive_in_the_lists():
    for name, versions in ORDERED.items():
        for first, second in pairwise(versions.split()):
            assert schemes.compare(schemes.scheme_of(name), first, second) < 0
