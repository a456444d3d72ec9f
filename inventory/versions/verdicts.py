"""Whether an installed version is affected by what an advisory says of a product. Pure.

Four states: affected; not affected; unknown; and `distribution`: a package of a distribution that an
advisory about the upstream project says nothing about. The last reads as unknown and raises no alarm: the
distribution's own advisories decide.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from inventory.versions import identities, packages, plain, ranges, schemes
from inventory.versions.identities import Identity, identity
from inventory.versions.plain import NotComparable

AFFECTED = "affected"
NOT_AFFECTED = "not_affected"
UNKNOWN = "unknown"
DISTRIBUTION = "distribution"
STATES = (AFFECTED, UNKNOWN, DISTRIBUTION, NOT_AFFECTED)  # the most urgent first
ALARMS = (AFFECTED, UNKNOWN)
PACKAGE_REASONS = ("below_package", "not_below_package")  # decided by a package that is fixed
OTHER_VERSIONS = "other versions"  # what CVE records call the versions they do not list
_WITHOUT_ORDER = ("version_unknown", "range_not_understood", "not_comparable", "other_versions")
_BUILD = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{4,6}\.[0-9]{1,6}")
_KB = re.compile(r"kb[0-9]{6,8}", re.I)


@dataclass(frozen=True)
class Installed:
    """What someone has: a component with its version, or a release of the catalogue.

    `is_family`: `version` is a release cycle (8.3), the exact version is not known.
    """

    name: str
    vendor: str = ""
    version: str = ""
    purl: str = ""
    cpe: str = ""
    product_id: int | None = None
    release_id: int | None = None
    is_family: bool = False

    @property
    def identity(self) -> Identity:
        """What identifies it."""
        return identity(self.name, self.vendor, self.version, self.purl, self.cpe)


@dataclass(frozen=True)
class Statement:
    """What an advisory says of one product: `status` is affected, fixed, not_affected or empty.

    `cves` are those that it is about. `builds` are the builds that fix it, `updates` and `superseded` the
    identifiers of updates. `release_ids` are the releases that the catalogue recognised. `key` is the id of
    the product in the document.
    """

    status: str
    name: str
    vendor: str = ""
    product: str = ""
    version: str = ""
    is_range: bool = False
    vers: str = ""
    purl: str = ""
    cpe: str = ""
    platform: str = ""
    product_id: int | None = None
    release_ids: tuple[int, ...] = ()
    is_whole: bool = False
    cves: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    key: str = ""

    @property
    def identity(self) -> Identity:
        """What identifies the product."""
        version = "" if self.is_range or self.vers else self.version
        return identity(self.product or self.name, self.vendor, version, self.purl, self.cpe, self.platform)


@dataclass(frozen=True)
class Rules:
    """What people corrected: pairs of keys (of the installed thing, of the named one), and ranges.

    `ranges` has the affected versions, as a text that ranges.parse_text() reads, by id of the statement.
    """

    other: frozenset[tuple[str, str]] = frozenset()
    same: frozenset[tuple[str, str]] = frozenset()
    ranges: Mapping[str, str] = field(default_factory=dict)


NO_RULES = Rules()


@dataclass(frozen=True)
class Verdict:
    """A state and why: `reason` is a key of sentences.py, `values` fill its sentence."""

    state: str
    reason: str
    values: dict[str, str] = field(default_factory=dict)


def likeness(installed: Installed, statement: Statement, rules: Rules = NO_RULES) -> str:
    """Whether a statement is about the installed thing: identities.SURE, MAYBE or NO."""
    if rules.other or rules.same:
        pairs = set(product(installed.identity.keys, statement.identity.keys))
        if pairs & rules.other:
            return identities.NO
        if pairs & rules.same:
            return identities.SURE
    found = identities.likeness(installed.identity, statement.identity)
    if found != identities.SURE and installed.product_id and installed.product_id == statement.product_id:
        return identities.SURE
    return found


def verdict_on(
    installed: Installed, statements: Sequence[Statement], rules: Rules = NO_RULES
) -> list[Verdict | None]:
    """The verdict by each statement of one advisory; None for those about something else.

    A statement that names the installed version as fixed or not affected outranks a range that contains it.
    """
    found: list[Verdict | None] = [None] * len(statements)
    cleared: Verdict | None = None
    clears_all_others = True
    for place, statement in enumerate(statements):
        alike = likeness(installed, statement, rules)
        if not alike:
            continue
        corrected = rules.ranges.get(statement.key)
        if corrected is not None and statement.status == AFFECTED:
            found[place] = _by_correction(installed, statement, corrected)
        elif statement.status == AFFECTED:
            found[place] = _decide(installed, statement, alike)
        elif statement.status in ("fixed", NOT_AFFECTED) and alike != identities.SIMILAR:
            clearing = _cleared(installed, statement)
            if clearing is None:
                clears_all_others = False
            elif clearing.state == NOT_AFFECTED:
                cleared = cleared or clearing
            if clearing is not None and clearing.reason in PACKAGE_REASONS:
                found[place] = clearing
    for place, statement in enumerate(statements):
        verdict = found[place]
        if verdict is None:
            continue
        if cleared is not None and verdict.state in ALARMS and statement.key not in rules.ranges:
            found[place] = cleared
        elif statement.version == OTHER_VERSIONS and clears_all_others and verdict.reason == "other_versions":
            found[place] = replace(verdict, state=AFFECTED, reason="affected_other")
    return found


def _by_correction(installed: Installed, statement: Statement, corrected: str) -> Verdict:
    """The verdict by a range that a moderator approved."""
    values = _values(installed, statement) | {"said": corrected}
    package = installed.identity.package
    wanted = ranges.parse_text(corrected, package.scheme if package else _scheme(statement))
    version = package.version if package else installed.version
    if wanted is None:
        return Verdict(UNKNOWN, "range_not_understood", values)
    if not version:
        return Verdict(UNKNOWN, "version_unknown", values)
    return _placed(version, wanted, values, is_family=installed.is_family)


def _cleared(installed: Installed, statement: Statement) -> Verdict | None:
    """By a statement of fixed or unaffected versions: NOT_AFFECTED when it names the installed one.

    A fixed package of the installed one's distribution and release is a limit: AFFECTED below it. None when
    it cannot be compared.
    """
    package, named = installed.identity.package, statement.identity.package
    values = _values(installed, statement)
    if package is not None:
        if named is None or statement.status != "fixed" or not named.version:
            return Verdict(UNKNOWN, "no_version")
        return _against_fixed_package(package, named, values)
    wanted = _range(statement)
    if wanted is None or installed.is_family:
        return None
    if wanted.is_all:
        return Verdict(NOT_AFFECTED, "said_not_affected", values)
    try:
        where = ranges.place(installed.version, replace(wanted, are_families=False)).where
    except NotComparable:
        return None
    if where == ranges.INSIDE:
        reason = "said_fixed" if statement.status == "fixed" else "said_not_affected"
        return Verdict(NOT_AFFECTED, reason, values)
    return Verdict(UNKNOWN, "no_version")


def _against_fixed_package(package: packages.Package, named: packages.Package, values: dict) -> Verdict:
    """Compare with the package that fixes it, which is the limit for the same release of a distribution."""
    values = values | {"bound": named.version, "distribution": package.distribution}
    if package.stream and named.stream and package.stream != named.stream:
        return Verdict(UNKNOWN, "other_stream", values)
    if package.is_module != named.is_module or not package.version:
        return Verdict(UNKNOWN, "no_version", values)
    try:
        if package.is_module and not _is_same_stream(package.version, named.version):
            return Verdict(UNKNOWN, "other_stream", values)
        order = schemes.compare(package.scheme, package.version, named.version)
    except NotComparable:
        return Verdict(UNKNOWN, "no_version", values)
    if order < 0:
        return Verdict(AFFECTED, "below_package", values)
    return Verdict(NOT_AFFECTED, "not_below_package", values)


def _is_same_stream(first: str, second: str) -> bool:
    """Whether two packages of modules are of one stream: the first two numbers are the same."""
    a, b = (plain.parse(each.rpartition(":")[2]).numbers[:2] for each in (first, second))
    return a == b


def _values(installed: Installed, statement: Statement) -> dict[str, str]:
    cves = statement.cves
    return {
        "name": installed.name,
        "version": installed.version,
        "named": statement.name,
        "product": statement.product or statement.name,
        "said": statement.version or statement.vers,
        "cve": cves[0] if len(cves) == 1 else "",
        "count": str(len(cves)),
    }


def _range(statement: Statement) -> ranges.Range | None:
    """The range of a statement; every version when it names none, None when it is not understood."""
    if statement.vers:
        return ranges.parse_vers(statement.vers)
    scheme = _scheme(statement)
    if not statement.version:
        return ranges.Range(scheme, is_all=True)
    return ranges.parse_text(statement.version, scheme)


def _scheme(statement: Statement) -> str:
    if statement.purl.startswith("pkg:"):
        return schemes.scheme_of(statement.purl[4:].split("/")[0])
    return schemes.GENERIC


def _decide(installed: Installed, statement: Statement, alike: str) -> Verdict:
    """The verdict by a statement of affected versions."""
    values = _values(installed, statement)
    package, named = installed.identity.package, statement.identity.package
    if package is not None and named is None:
        return Verdict(DISTRIBUTION, "distribution", values | {"distribution": package.distribution})
    if package is None and named is not None:
        return Verdict(NOT_AFFECTED, "not_upstream", values | {"distribution": named.distribution})
    verdict = _by_package(package, named, statement, values) if package and named else None
    verdict = verdict or _by_update(installed, statement, values) or _by_version(installed, statement, values)
    if verdict.state == AFFECTED and alike != identities.SURE:
        reason = "same_name" if alike == identities.MAYBE else "similar_name"
        return Verdict(UNKNOWN, reason, verdict.values)
    if alike == identities.SIMILAR and verdict.reason in _WITHOUT_ORDER:
        return Verdict(NOT_AFFECTED, verdict.reason, verdict.values)  # too weak for an alarm
    return verdict


def _by_package(
    package: packages.Package, named: packages.Package, statement: Statement, values: dict
) -> Verdict | None:
    """By distribution and release; None when the versions decide."""
    values = values | {"distribution": package.distribution}
    if package.stream and named.stream and package.stream != named.stream:
        return Verdict(NOT_AFFECTED, "other_stream", values)
    wanted = _range(statement) if statement.vers or statement.is_range else None
    if wanted is None and (statement.vers or statement.is_range):
        return Verdict(UNKNOWN, "range_not_understood", values)
    if wanted is None and not named.version:
        return Verdict(AFFECTED, "all_versions", values)
    if wanted is None:
        wanted = ranges.Range(named.scheme, versions=(named.version,))
    if package.is_module != ("module" in f"{statement.vers}{statement.version}{named.version}"):
        return Verdict(UNKNOWN, "module", values)
    return _placed(package.version, replace(wanted, scheme=package.scheme), values, is_family=False)


def _by_update(installed: Installed, statement: Statement, values: dict) -> Verdict | None:
    """By the update that is installed (KB5026361), or by the build; None when neither decides."""
    version = installed.version
    if _KB.fullmatch(version):
        if version.upper() in statement.updates:
            return Verdict(NOT_AFFECTED, "update_installed", values)
        if version.upper() in statement.superseded:
            return Verdict(AFFECTED, "update_superseded", values | {"bound": ", ".join(statement.updates)})
        return Verdict(UNKNOWN, "update_unknown", values)
    if installed.is_family or not _BUILD.fullmatch(version):
        return None
    numbers = plain.parse(version).numbers
    builds = [each for each in statement.builds if _BUILD.fullmatch(each)]
    same = [each for each in builds if plain.parse(each).numbers[:3] == numbers[:3]]
    if not same or len(same) != len(builds):
        return None
    highest = max(same, key=lambda each: plain.parse(each).numbers)
    values = values | {"bound": highest}
    if numbers < plain.parse(highest).numbers:
        return Verdict(AFFECTED, "below_fix", values)
    return Verdict(NOT_AFFECTED, "not_below_fix", values)


def _by_version(installed: Installed, statement: Statement, values: dict) -> Verdict:
    release = _by_release(installed, statement, values)
    if release is not None and release.state == NOT_AFFECTED:
        return release
    if statement.version == OTHER_VERSIONS and not statement.vers:
        return Verdict(UNKNOWN, "other_versions", values)
    wanted = _range(statement)
    if wanted is None:
        return release or Verdict(UNKNOWN, "range_not_understood", values)
    if wanted.is_all:
        return Verdict(AFFECTED, "all_versions", values)
    if release is not None and not statement.is_range and not statement.vers:
        return release  # the version of the document is the name of the release
    if not installed.version:
        return Verdict(UNKNOWN, "version_unknown", values)
    return _placed(installed.version, wanted, values, is_family=installed.is_family)


def _by_release(installed: Installed, statement: Statement, values: dict) -> Verdict | None:
    """By the releases that the catalogue recognised in the document; None when there are none."""
    if installed.release_id is None or not statement.release_ids:
        return None
    if installed.product_id != statement.product_id:
        return None
    if installed.release_id in statement.release_ids:
        return Verdict(AFFECTED, "release", values)
    return Verdict(NOT_AFFECTED, "other_release", values)


def _placed(version: str, wanted: ranges.Range, values: dict, *, is_family: bool) -> Verdict:
    try:
        found = ranges.place(version, wanted, is_family=is_family)
    except NotComparable:
        return Verdict(UNKNOWN, "not_comparable", values)
    values = values | {"bound": found.bound, "lower": found.lower}
    if found.where == ranges.OVERLAPS:
        return Verdict(UNKNOWN, "family", values)
    if found.where == ranges.INSIDE:
        if wanted.is_all or not found.bound:
            return Verdict(AFFECTED, "from" if found.lower else "all_versions", values)
        if not wanted.intervals or found.bound in wanted.versions:
            return Verdict(AFFECTED, "named", values)
        return Verdict(AFFECTED, "up_to" if found.is_included else "below_fix", values)
    if found.where == ranges.BELOW:
        return Verdict(NOT_AFFECTED, "below_range" if wanted.intervals else "not_named", values)
    if not found.bound or not wanted.intervals:
        return Verdict(NOT_AFFECTED, "not_named", values)
    if found.bound in wanted.exceptions:
        return Verdict(NOT_AFFECTED, "said_not_affected", values)
    if found.is_included and _is_build_of(version, found.bound):
        return Verdict(UNKNOWN, "build_of_last", values)
    return Verdict(NOT_AFFECTED, "above_last" if found.is_included else "not_below_fix", values)


def _is_build_of(version: str, bound: str) -> bool:
    """Whether a version of four numbers, of Windows programs, only adds a build to the last affected one."""
    numbers, last = plain.parse(version).numbers, plain.parse(bound).numbers
    return len(numbers) >= 4 > len(last) and numbers[:3] == (*last, 0, 0)[:3]


def worst(verdicts: Sequence[Verdict | None]) -> Verdict | None:
    """The most urgent of some verdicts; None when there is none."""
    known = [each for each in verdicts if each is not None]
    return min(known, key=lambda each: STATES.index(each.state), default=None)
