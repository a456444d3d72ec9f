"""Ranges of versions: VERS, and the texts of advisories, read conservatively. Pure.

A text that is not understood is no range at all (None): whoever asks gets "unknown", never a match.
"""

import re
from dataclasses import dataclass
from functools import cmp_to_key
from urllib.parse import unquote

from inventory.versions import plain, schemes
from inventory.versions.plain import NotComparable

MAX_RANGE_CHARACTERS = 2_000
MAX_CONSTRAINTS = 100
BELOW, INSIDE, ABOVE, OVERLAPS = "below", "inside", "above", "overlaps"


@dataclass(frozen=True)
class Bound:
    """An end of an interval."""

    version: str
    is_included: bool = False


@dataclass(frozen=True)
class Interval:
    """Versions from `lower` to `upper`; None is open."""

    lower: Bound | None = None
    upper: Bound | None = None


@dataclass(frozen=True)
class Range:
    """A union of intervals, single versions and exceptions, in the order of `scheme`.

    No interval, no version: nothing. `is_all`: every version. `are_families`: a single version "7.0" may
    stand for 7.0.1 too, because the text does not say.
    """

    scheme: str
    intervals: tuple[Interval, ...] = ()
    versions: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    is_all: bool = False
    are_families: bool = False


@dataclass(frozen=True)
class Place:
    """Where a version lies: one of BELOW, INSIDE, ABOVE, OVERLAPS, and the bound that decides."""

    where: str
    bound: str = ""
    is_included: bool = False  # whether the bound itself is in the range
    lower: str = ""  # of the interval, when INSIDE


_VERS = re.compile(r"vers:([a-z0-9.+-]{1,40})/(.+)", re.S)
_CONSTRAINT = re.compile(r"(<=|>=|!=|<|>|=)?(.+)", re.S)


def parse_vers(text: str) -> Range | None:
    """Read a VERS URI (https://github.com/package-url/vers-spec); None when it is invalid."""
    text = "".join(text[: MAX_RANGE_CHARACTERS + 1].split())
    match = _VERS.fullmatch(text)
    if match is None or len(text) > MAX_RANGE_CHARACTERS:
        return None
    if match[1] == "none":
        return Range(schemes.GENERIC)
    scheme = schemes.scheme_of(match[1])
    if match[2] == "*":
        return Range(scheme, is_all=True)
    pairs = []
    for part in match[2].strip("|").split("|")[: MAX_CONSTRAINTS + 1]:
        found = _CONSTRAINT.fullmatch(part)
        if found is None or found[2][0] in "<>=!":
            return None
        pairs.append((found[1] or "=", unquote(found[2])))
    return _from_constraints(scheme, pairs)


def _from_constraints(scheme: str, pairs: list[tuple[str, str]]) -> Range | None:
    """A range of constraints; None when they have no order or contradict."""
    if not pairs or len(pairs) > MAX_CONSTRAINTS:
        return None
    try:
        for _, version in pairs:
            schemes.compare(scheme, version, version)
        ordered = sorted(
            (pair for pair in pairs if pair[0] in ("<", "<=", ">", ">=")),
            key=cmp_to_key(lambda a, b: schemes.compare(scheme, a[1], b[1])),
        )
    except NotComparable:
        return None
    intervals = []
    lower: Bound | None = None
    for comparator, version in ordered:
        bound = Bound(version, comparator.endswith("="))
        if comparator.startswith(">"):
            lower = lower or bound
        elif lower is None and intervals:
            return None  # two upper bounds in a row
        else:
            intervals.append(Interval(lower, bound))
            lower = None
    if lower is not None:
        intervals.append(Interval(lower))
    return Range(
        scheme,
        tuple(intervals),
        tuple(version for comparator, version in pairs if comparator == "="),
        tuple(version for comparator, version in pairs if comparator == "!="),
    )


_V = (
    r"(?:versions? |v\.? ?)?"
    r"([0-9][^\s,;|<>=]{0,99}|[0-9][0-9.]{0,40} (?:sp|update|patch|build|hf) ?[0-9]{1,12})"
)
_EACH = "(?:(?:all )?versions? )?"
_BEFORE = "prior to|before|earlier than|lower than|less than|older than|below"
_TO = "through|to|up to and including|until and including|-|–|thru"
_ALL = re.compile(
    r"\*|x|any|all(?: (?:supported |known |released )?(?:versions?|releases?))?|any versions?", re.I
)
_FORMS = [
    (re.compile(form, re.I), comparators)
    for form, comparators in (
        (
            rf"{_EACH}(?:{_BEFORE}) {_V}",
            ("<",),
        ),
        (rf"{_EACH}(?:up to and including|through|no later than) {_V}", ("<=",)),
        (rf"{_V} (?:and|or) (?:earlier|prior|below|older|lower)(?: versions?)?", ("<=",)),
        (rf"{_V} (?:and|or) (?:later|newer|above|higher)(?: versions?)?", (">=",)),
        (
            rf"(?:from |between )?{_V} (?:{_TO}) {_V}",
            (">=", "<="),
        ),
        (
            rf"(?:from |starting (?:from|with) )?{_V},? "
            rf"(?:before|prior to|to before|up to but excluding) {_V}",
            (">=", "<"),
        ),
    )
]
_SYMBOLS = re.compile(r"(<=|>=|=<|=>|≤|≥|<|>|==?|!=) ?(?:versions? |v\.? ?)?([^<>=!≤≥|,;&]{1,100})")
_SAME = {"≤": "<=", "≥": ">=", "=<": "<=", "=>": ">=", "==": "="}
_LEADING = re.compile(r"^(?:all )?versions? ?(?=[<>=≤≥])|^all ?(?=[<>≤≥])", re.I)
_WILDCARD = re.compile(r"([0-9]+(?:\.[0-9]+){0,8})\.[x*](?:\.[x*])*", re.I)
_AND = re.compile(r"\band\b|&&?", re.I)


def parse_text(text: str, scheme: str = schemes.GENERIC) -> Range | None:
    """Read the range of an advisory: "<= 10.5", ">=1.0|<2.0", "prior to 3.2", "3.1 and earlier", "4.2.x".

    A single version stands for itself, and maybe for its family. None when the text is not understood.
    """
    text = " ".join(text[: MAX_RANGE_CHARACTERS + 1].split()).strip(" ,;")
    if not text or len(text) > MAX_RANGE_CHARACTERS:
        return None
    if text.startswith("vers:"):
        return parse_vers(text)
    if _ALL.fullmatch(text):
        return Range(scheme, is_all=True)
    stripped = _LEADING.sub("", text)
    if stripped[0] in "<>=≤≥!":
        return _from_symbols(stripped, scheme)
    for form, comparators in _FORMS:
        match = form.fullmatch(text)
        if match:
            return _bounded(scheme, [(sign, str(match[at])) for at, sign in enumerate(comparators, 1)])
    wildcard = _WILDCARD.fullmatch(text.removeprefix("v").removeprefix("V"))
    if wildcard:
        return _bounded(scheme, [(">=", wildcard[1]), ("<", _next(wildcard[1]))])
    if re.search(r"[<>=≤≥|]", text) or not schemes.is_version(scheme, text):
        return None
    if scheme == schemes.GENERIC and not plain.parse(text).is_known:
        return Range(scheme, versions=(text,), are_families=True) if " " not in text else None
    return Range(scheme, versions=(text,), are_families=True)


def _from_symbols(text: str, scheme: str) -> Range | None:
    """Constraints with comparison signs, separated by "|", commas, blanks or "and"."""
    parts = _SYMBOLS.findall(_AND.sub(",", text))
    remainder = _SYMBOLS.sub("", _AND.sub(",", text))
    if not parts or remainder.strip(" ,;|&"):
        return None
    pairs = [(_SAME.get(str(sign), str(sign)), str(version).strip()) for sign, version in parts]
    return _bounded(scheme, pairs)


def _bounded(scheme: str, pairs: list[tuple[str, str]]) -> Range | None:
    """Constraints, with wildcards as bounds: "<= 5.10.*" is "< 5.11"."""
    found = []
    for comparator, text in pairs:
        version = re.sub(r"^(?:version |v)(?=[0-9])", "", text.strip(" ,;"), flags=re.I)
        wildcard = _WILDCARD.fullmatch(version)
        if wildcard is None:
            found.append((comparator, version))
        elif comparator == "<=":
            found.append(("<", _next(wildcard[1])))
        elif comparator == ">":
            found.append((">=", _next(wildcard[1])))
        elif comparator == "=":
            found += [(">=", wildcard[1]), ("<", _next(wildcard[1]))]
        else:
            found.append((comparator, wildcard[1]))
    return _from_constraints(scheme, found)


def _next(numbers: str) -> str:
    """The first version after a family: 5.11 after 5.10."""
    head, _, last = numbers.rpartition(".")
    return f"{head}.{int(last) + 1}" if head else str(int(last) + 1)


def place(version: str, wanted: Range, *, is_family: bool = False) -> Place:
    """Where a version lies in relation to a range; raises NotComparable.

    `is_family`: the version is a release cycle, of which the exact version is not known; it OVERLAPS a range
    that has some of its versions only.
    """
    if wanted.is_all:
        return Place(INSIDE)
    order = _family_order if is_family else _version_order
    decisive: Place | None = None
    for single in wanted.exceptions:
        if not is_family and schemes.compare(wanted.scheme, version, single) == 0:
            return Place(ABOVE, single)
    for single in wanted.versions:
        found = _single(version, single, wanted, is_family=is_family)
        if found.where in (INSIDE, OVERLAPS):
            return found
        decisive = found
    for interval in wanted.intervals:
        found = order(version, interval, wanted.scheme)
        if found.where in (INSIDE, OVERLAPS):
            return found
        if decisive is None or found.where == ABOVE:
            decisive = found
    return decisive or Place(ABOVE)


def _single(version: str, single: str, wanted: Range, *, is_family: bool) -> Place:
    order = schemes.compare(wanted.scheme, version, single)
    if order == 0 and not is_family:
        return Place(INSIDE, single, True)
    try:
        is_related = (wanted.are_families and plain.is_within(version, single)) or (
            is_family and plain.is_within(single, version)
        )
    except NotComparable:
        is_related = False
    if is_related:
        return Place(OVERLAPS, single, True)
    return Place(BELOW if order < 0 else ABOVE, single, True)


def _version_order(version: str, interval: Interval, scheme: str) -> Place:
    lower, upper = interval.lower, interval.upper
    if lower is not None:
        order = schemes.compare(scheme, version, lower.version)
        if order < 0 or (order == 0 and not lower.is_included):
            return Place(BELOW, lower.version, lower.is_included)
    if upper is not None:
        order = schemes.compare(scheme, version, upper.version)
        if order > 0 or (order == 0 and not upper.is_included):
            return Place(ABOVE, upper.version, upper.is_included)
    return _inside(interval)


def _inside(interval: Interval) -> Place:
    upper = interval.upper
    return Place(
        INSIDE,
        upper.version if upper else "",
        bool(upper and upper.is_included),
        interval.lower.version if interval.lower else "",
    )


def _family_order(family: str, interval: Interval, scheme: str) -> Place:
    if scheme not in (schemes.GENERIC, schemes.SEMVER, "pypi", "maven", "gem", "nuget"):
        raise NotComparable(family)
    partly = None
    if interval.lower is not None:
        lower = interval.lower
        if plain.compare(family, lower.version) < 0:
            if not plain.is_within(lower.version, family):
                return Place(BELOW, lower.version, lower.is_included)
            partly = Place(OVERLAPS, lower.version, lower.is_included, lower.version)
    if interval.upper is not None:
        upper = interval.upper
        order = plain.compare(family, upper.version)
        if order > 0 or (order == 0 and not upper.is_included):
            return Place(ABOVE, upper.version, upper.is_included)
        if plain.is_within(upper.version, family):
            return Place(OVERLAPS, upper.version, upper.is_included)
    return partly or _inside(interval)
