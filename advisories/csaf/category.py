"""Choose the CSAF 2.0 profile (section 4) of a document; its rules are those of section 6.1.27."""

import re

from advisories.advisory import Advisory, Vulnerability
from advisories.csaf.rules import PROFILES

BASE = "csaf_base"
CONCLUSIVE = frozenset(
    (
        "first_affected",
        "first_fixed",
        "fixed",
        "known_affected",
        "known_not_affected",
        "last_affected",
        "recommended",
    )
)
VEX = frozenset(("fixed", "known_affected", "known_not_affected", "under_investigation"))
_SEPARATORS = re.compile(r"[\W_]+")
_WORDS = re.compile(r"[^\s\-_.](.*[^\s\-_.])?")
_RESERVED = {_SEPARATORS.sub("", name.removeprefix("csaf_")) for name in PROFILES}  # 6.1.26


def category_of(advisory: Advisory) -> str:
    """The document's category if the document meets its profile, else csaf_base."""
    category = advisory.category
    if category in _PROFILE_CHECKS:
        return category if _PROFILE_CHECKS[category](advisory) else BASE
    plain = _SEPARATORS.sub("", category).casefold()
    is_custom = not plain.startswith("csaf") and plain not in _RESERVED and _WORDS.fullmatch(category)
    return category if is_custom else BASE


def _is_advisory(advisory: Advisory) -> bool:
    return bool(advisory.products and advisory.vulnerabilities) and all(
        each.notes and _is_concluded(each) for each in advisory.vulnerabilities
    )


def _is_concluded(each: Vulnerability) -> bool:
    product_ids = {name for ids in each.status.values() for name in ids}
    return (
        bool(each.status.keys() & CONCLUSIVE)
        and bool(each.remedies or not each.status.get("fixed"))
        and all(set(remedy.product_ids) <= product_ids for remedy in each.remedies)
    )


def _is_vex(advisory: Advisory) -> bool:
    return bool(advisory.products and advisory.vulnerabilities) and all(
        map(_is_justified, advisory.vulnerabilities)
    )


def _is_justified(each: Vulnerability) -> bool:
    """Whether unaffected products have justifications and affected ones remediations."""
    reasons = {name for _, ids in each.flags for name in ids}
    reasons |= {name for threat in each.threats if threat.category == "impact" for name in threat.product_ids}
    remedied = {name for remedy in each.remedies for name in remedy.product_ids}
    return (
        bool(each.notes and (each.cve or each.other_ids) and each.status)
        and each.status.keys() <= VEX
        and reasons.issuperset(each.status.get("known_not_affected", ()))
        and remedied.issuperset(each.status.get("known_affected", ()))
    )


def _is_informational(advisory: Advisory) -> bool:
    return any(
        note.category in ("description", "details", "general", "summary") for note in advisory.notes
    ) and any(reference.category == "external" for reference in advisory.references)


_PROFILE_CHECKS = {
    BASE: lambda advisory: True,
    "csaf_security_advisory": _is_advisory,
    "csaf_vex": _is_vex,
    "csaf_informational_advisory": lambda advisory: (
        _is_informational(advisory) and not advisory.vulnerabilities
    ),
    "csaf_security_incident_response": _is_informational,
}
