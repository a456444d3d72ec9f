"""The order of versions against programs of the ecosystems, where they are installed, and cases for rpm."""

import json
import random
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from packaging.version import Version

from inventory.versions import schemes

PAIRS = 400
NODE_SEMVER = ("/usr/share/nodejs/semver", "/usr/lib/node_modules/npm/node_modules/semver")
MAVEN = "/usr/share/maven/lib/maven-artifact-*.jar"
# by the rules of rpmvercmp: digits by value, letters as text, digits above letters, separators alike
RPM = """
1.0 = 1.0; 1.0 < 2.0; 2.0.1 = 2.0.1; 2.0 < 2.0.1; 2.0.1 < 2.0.1a; 5.5p1 < 5.5p2; 5.5p1 < 5.5p10
10xyz < 10.1xyz; xyz10 < xyz10.1; xyz.4 < xyz.4.1; xyz.4 < 8; xyz.4 < 2; 5.5p2 < 5.6p1
5.6p1 < 6.5p1; 6.0 < 6.0.rc1
10a2 < 10b2
1.0a < 1.0aa; 10.0001 = 10.1; 10.0001 < 10.0039; 4.999.9 < 5.0; 20101121 < 20101122; 2_0 = 2.0; 2.0 = 2_0
a+ = a_; +_ = _+; + = _; 1.0~rc1 = 1.0~rc1; 1.0~rc1 < 1.0; 1.0~rc1 < 1.0~rc2; 1.0~rc1~git123 < 1.0~rc1
1.0^ = 1.0^; 1.0 < 1.0^; 1.0^git1 < 1.0^git2; 1.0^git1 < 1.01; 1.0^20160101 < 1.0.1
1.0~rc1 < 1.0~rc1^git1; 1.0^git1~pre < 1.0^git1; 0:1.0-1 = 1.0-1; 1:0.1-1 > 9.9-1; 1.0-1.el9 < 1.0-1.el9_4
1.0-2.el9 < 1.0-10.el9; 1b.fc17 = 1b.fc17; 1b.fc17 < 1.fc17; 1g.fc17 > 1.fc17
4.18.0-348.el8 < 4.18.0-348.2.1.el8_5
"""


@pytest.mark.parametrize("case", [each.strip() for each in RPM.replace("\n", ";").split(";") if each.strip()])
def test_rpm(case):
    first, sign, second = case.split()
    assert schemes.compare("rpm", first, second) == {"<": -1, "=": 0, ">": 1}[sign]


def pairs(words, seed=660):
    """Random pairs of versions made of parts that the ecosystem treats apart."""
    draw = random.Random(seed)

    def one():
        numbers = ".".join(
            str(draw.choice((0, 1, 2, 9, 10, 11))) for _ in range(draw.choice(words["numbers"]))
        )
        return numbers + "".join(draw.choice(words["tails"]) for _ in range(draw.choice((0, 1, 1, 2))))

    return [(one(), one()) for _ in range(PAIRS)]


def differences(scheme, compared):
    """The pairs of (first, second, order) that are ordered otherwise here."""
    return [
        each for each in compared if schemes.compare(schemes.scheme_of(scheme), each[0], each[1]) != each[2]
    ]


def test_pypi_like_packaging():
    tails = ("a1", "b2", "rc1", ".post1", ".post10", ".dev1", "+local.1", "-2", "c1", ".alpha3")
    compared = []
    for first, second in pairs({"numbers": (1, 2, 3), "tails": tails}):
        try:
            a, b = Version(first), Version(second)
        except ValueError:
            continue
        compared.append((first, second, (a > b) - (a < b)))
    assert len(compared) > PAIRS / 2
    assert differences("pypi", compared) == []


@cache
def _semver():
    return next((path for path in NODE_SEMVER if Path(path).is_dir()), None)


def test_npm_like_node():
    if shutil.which("node") is None or _semver() is None:
        pytest.skip("node's semver is not installed")
    tails = ("-alpha", "-alpha.1", "-rc.2", "-rc.10", "-1", "-0", "-beta.a", "-x-y", "-alpha.beta")
    draw = random.Random(661)
    found = [(a + draw.choice(("", "+b1")), b) for a, b in pairs({"numbers": (3,), "tails": tails})]
    found = [(a, b) for a, b in found if a.count("-") < 2 and b.count("-") < 2]
    script = (
        "const s=require(process.argv[1]);"
        "console.log(JSON.stringify(JSON.parse(process.argv[2]).map(([a,b])=>"
        "s.valid(a)&&s.valid(b)?[a,b,s.compare(a,b)]:null).filter(x=>x)))"
    )
    done = subprocess.run(
        ["node", "-e", script, _semver(), json.dumps(found)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    compared = [tuple(each) for each in json.loads(done.stdout)]
    assert len(compared) > PAIRS / 4
    assert differences("npm", compared) == []


def test_maven_like_maven():
    (jar,) = [*map(str, Path("/").glob(MAVEN[1:]))][:1] or [None]
    if shutil.which("java") is None or jar is None:
        pytest.skip("Maven is not installed")
    tails = (
        "-alpha-1",
        "-beta2",
        "-M3",
        "-rc1",
        "-SNAPSHOT",
        "-sp",
        ".Final",
        ".RELEASE",
        "-1",
    )
    found = [
        *pairs({"numbers": (1, 2, 3), "tails": tails}),
        ("9.2.1.jre8", "9.2.1.jre11"),
        ("9.2.1.jre11", "9.4.0.jre8"),
        ("31.1-jre", "32.0.0-jre"),
        ("31.1-jre", "31.1-android"),
        ("5.3.18.RELEASE", "5.3.18"),
    ]
    folder = "/usr/share/maven/lib/*:/usr/share/java/*"
    words = [word for pair in found for word in pair]
    done = subprocess.run(
        ["java", "-cp", f"{jar}:{folder}", "org.apache.maven.artifact.versioning.ComparableVersion", *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    signs = {"<": -1, "==": 0, ">": 1}
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("   ")]
    compared = [(line[0], line[2], signs[line[1]]) for line in lines if len(line) == 3 and line[1] in signs]
    assert len(compared) > 100

    found = differences("maven", compared)
    assert found == []
