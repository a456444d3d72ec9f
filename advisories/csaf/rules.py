"""Vocabulary and rules of CSAF that reading and writing share, with section numbers of the standard 2.0.

Names that only 2.1 has are read in every document; the writer replaces them (BRANCH_OF_20).
"""

import re

from packageurl import PackageURL

from advisories.advisory import AFFECTED, ProductEntry

PUBLISHERS = ("coordinator", "discoverer", "multiplier", "other", "translator", "user", "vendor")
STATES = ("draft", "final", "interim")
TLP = ("WHITE", "GREEN", "AMBER", "RED")
TLP_2 = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")  # TLP 2.0, of CSAF 2.1
NOTES = ("description", "details", "faq", "general", "legal_disclaimer", "other", "summary")
BRANCHES = (
    "architecture",
    "host_name",
    "language",
    "legacy",
    "patch_level",
    "platform",
    "product_family",
    "product_name",
    "product_version",
    "product_version_range",
    "service_pack",
    "specification",
    "vendor",
)
PURL_NAMESPACE = "https://github.com/package-url/purl-spec"  # of further package URLs, in 2.0
BRANCH_OF_20 = {"platform": "specification"}
RELATIONS = (
    "default_component_of",
    "external_component_of",
    "installed_on",
    "installed_with",
    "optional_component_of",
)
HELPERS = ("model_numbers", "sbom_urls", "serial_numbers", "skus")  # those whose values are lists of strings
RESTARTS = (
    "connected",
    "dependencies",
    "machine",
    "none",
    "parent",
    "service",
    "system",
    "vulnerable_component",
    "zone",
)
THREATS = ("exploit_status", "impact", "target_set")
FLAGS = (
    "component_not_present",
    "inline_mitigations_already_exist",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_not_present",
)
PARTIES = ("coordinator", "discoverer", "other", "user", "vendor")
INVOLVEMENTS = ("completed", "contact_attempted", "disputed", "in_progress", "not_contacted", "open")
PROFILES = (
    "csaf_base",
    "csaf_informational_advisory",
    "csaf_security_advisory",
    "csaf_security_incident_response",
    "csaf_vex",
    "csaf_deprecated_security_advisory",
    "csaf_superseded",
    "csaf_withdrawn",
)

CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
CWE = re.compile(r"CWE-[1-9][0-9]{0,5}")
_RANGE = re.compile(
    r"^[<>=]|^all\b|\b(prior to|before|through|and (earlier|later|prior|older|newer))\b"
    r"|\.x\b|\.\*|^\*",
    re.I,
)
_CPE_22 = re.compile(r"[cC][pP][eE]:/[AHOaho]?(:[A-Za-z0-9._\-~%]*){0,6}")
_CPE_23 = re.compile(
    r"cpe:2\.3:[aho*\-](:([*\-]|(?:[?*]*(?:[a-zA-Z0-9\-._]|\\[^a-zA-Z0-9\s])+[?*]*))){5}"
    r":([*\-]|[a-zA-Z]{2,3}(-([a-zA-Z]{2}|[0-9]{3}))?)"
    r"(:([*\-]|(?:[?*]*(?:[a-zA-Z0-9\-._]|\\[^a-zA-Z0-9\s])+[?*]*))){4}"
)
# 6.1.6: a product may be in one group only; the first applies
_GROUPS = (
    AFFECTED,
    ("under_investigation",),
    ("first_fixed", "fixed"),
    ("known_not_affected",),
    ("unknown",),
)


def is_range(version: str) -> bool:
    """Whether a version is written as a range (6.1.31): "<= 1.2", "all", "3.x", "prior to 4"."""
    return bool(_RANGE.search(version))


def is_cpe(value: str) -> bool:
    """Whether a value is a CPE 2.2 or 2.3 name as section 3.1.3.3.1 demands."""
    return len(value) <= 500 and bool(_CPE_22.fullmatch(value) or _CPE_23.fullmatch(value))


def is_purl(value: str) -> bool:
    """Whether a value is a package URL (6.1.13)."""
    try:
        return bool(re.match(r"pkg:[A-Za-z]", value)) and bool(PackageURL.from_string(value))
    except ValueError:
        return False


def plain_path(path: tuple[tuple[str, str], ...]) -> tuple[str, str, str] | None:
    """(vendor, product, version) if the branches are only these, in order; else None."""
    order = ("vendor", "product_name", "product_version", "product_version_range")
    places = [order.index(category) if category in order else -1 for category, _ in path]
    ranks = [min(place, 2) for place in places]
    if -1 in places or ranks != sorted(set(ranks)):
        return None
    words = {rank: word for rank, (_, word) in zip(ranks, path, strict=True)}
    return words.get(0, ""), words.get(1, ""), words.get(2, "")


def path_of(entry: ProductEntry) -> tuple[tuple[str, str], ...]:
    """The branches of a product; ranges are never in a branch product_version."""
    version = "product_version_range" if entry.is_range else "product_version"
    path = entry.path or tuple(
        (category, word)
        for category, word in (
            ("vendor", entry.vendor),
            ("product_name", entry.product),
            (version, entry.version),
        )
        if word
    )
    return tuple(
        ("product_version_range" if category == "product_version" and is_range(word) else category, word)
        for category, word in ((BRANCH_OF_20.get(category, category), word) for category, word in path)
    )


def without_contradictions(status: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Product states in which each product is in one group of states only; see _GROUPS."""
    group_of: dict[str, int] = {}
    for number, group in enumerate(_GROUPS):
        for name in (name for state in group for name in status.get(state, ())):
            group_of.setdefault(name, number)
    consistent = {}
    for state, ids in status.items():
        group = next((number for number, states in enumerate(_GROUPS) if state in states), None)
        remaining = tuple(name for name in dict.fromkeys(ids) if group is None or group_of[name] == group)
        if remaining:
            consistent[state] = remaining
    return consistent


def default_product_ids(status: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Products of a score or remedy that names none: the affected ones, or all if none is affected."""
    affected = [name for state in AFFECTED for name in status.get(state, ())]
    return tuple(dict.fromkeys(affected or [name for ids in status.values() for name in ids]))
