"""The order of versions by ecosystem. Pure.

Debian, rpm, PEP 440, RubyGems, NuGet, Alpine, Arch and Gentoo are compared by univers
(docs/decisions/0580), Maven by maven.py; semantic and plain versions by plain.py, because univers drops the
fourth number of a semantic version and compares plain versions as text.
"""

from functools import lru_cache
from typing import Any

from univers import versions

from inventory.versions import maven, plain
from inventory.versions.plain import MAX_VERSION_CHARACTERS, NotComparable

GENERIC = "generic"
SEMVER = "semver"
DEB = "deb"
RPM = "rpm"
MAVEN = "maven"
_UNIVERS = {
    DEB: versions.DebianVersion,
    RPM: versions.RpmVersion,
    "pypi": versions.PypiVersion,
    "gem": versions.RubygemsVersion,
    "nuget": versions.NugetVersion,
    "apk": versions.AlpineLinuxVersion,
    "alpm": versions.ArchLinuxVersion,
    "ebuild": versions.GentooVersion,
}
_SEMANTIC = frozenset("semver npm cargo golang hex github pub swift composer conan mattermost".split())
_ALIASES = {
    "alpine": "apk",
    "arch": "alpm",
    "debian": DEB,
    "deb822": DEB,
    "dpkg": DEB,
    "redhat": RPM,
    "python": "pypi",
    "pep440": "pypi",
    "rubygems": "gem",
    "ruby": "gem",
    "crates": "cargo",
    "crates.io": "cargo",
    "go": "golang",
    "packagist": "composer",
    "gentoo": "ebuild",
}


def scheme_of(name: str) -> str:
    """The scheme of a purl type, a VERS type or a CVE versionType; GENERIC for any other."""
    name = name.casefold()
    name = _ALIASES.get(name, name)
    if name in _SEMANTIC:
        return SEMVER
    return name if name in _UNIVERS or name == MAVEN else GENERIC


@lru_cache(maxsize=20_000)
def compare(scheme: str, first: str, second: str) -> int:
    """-1, 0 or 1: whether `first` is older than, equal to or newer than `second`; raises NotComparable."""
    if len(first) > MAX_VERSION_CHARACTERS or len(second) > MAX_VERSION_CHARACTERS:
        raise NotComparable(first[:40])
    if scheme == SEMVER:
        try:
            return plain.compare_semver(first, second)
        except NotComparable:
            return plain.compare(first, second)
    if scheme == MAVEN:
        return maven.compare(_read_maven(first), _read_maven(second))
    if scheme not in _UNIVERS:
        return plain.compare(first, second)
    a, b = _read(scheme, first), _read(scheme, second)
    try:
        return (a > b) - (a < b)
    except Exception as error:
        raise NotComparable(f"{first} / {second}") from error


@lru_cache(maxsize=20_000)
def _read(scheme: str, text: str) -> Any:
    try:
        return _UNIVERS[scheme](text)
    except Exception as error:  # each of its parsers has exceptions of its own
        raise NotComparable(text[:40]) from error


@lru_cache(maxsize=20_000)
def _read_maven(text: str) -> list:
    if not any(c.isascii() and c.isdigit() for c in text) or any(c.isspace() for c in text.strip()):
        raise NotComparable(text[:40])
    return maven.parse(text)


def is_version(scheme: str, text: str) -> bool:
    """Whether a text is a version of the scheme."""
    try:
        compare(scheme, text, text)
    except NotComparable:
        return False
    return True
