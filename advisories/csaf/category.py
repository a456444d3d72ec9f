"""Which profile of CSAF 2.0 (section 4) a document may claim: its rules are checked in 6.1.27."""

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
    """The document's own category if it keeps what that promises, csaf_base if not."""
    category = advisory.category
    if category in _PROMISES:
        return category if _PROMISES[category](advisory) else BASE
    plain = _SEPARATORS.sub("", category).casefold()
    is_free = not plain.startswith("csaf") and plain not in _RESERVED and _WORDS.fullmatch(category)
    return category if is_free else BASE


def _is_advisory(advisory: Advisory) -> bool:
    return bool(advisory.products and advisory.vulnerabilities) and all(
        each.notes and _is_concluded(each) for each in advisory.vulnerabilities
    )


def _is_concluded(each: Vulnerability) -> bool:
    named = {name for ids in each.status.values() for name in ids}
    return (
        bool(each.status.keys() & CONCLUSIVE)
        and bool(each.remedies or not each.status.get("fixed"))
        and all(set(remedy.product_ids) <= named for remedy in each.remedies)
    )


def _is_vex(advisory: Advisory) -> bool:
    return bool(advisory.products and advisory.vulnerabilities) and all(
        map(_is_justified, advisory.vulnerabilities)
    )


def _is_justified(each: Vulnerability) -> bool:
    """Every product that is not affected has its reason, every affected one something to do."""
    reasons = {name for _, ids in each.flags for name in ids}
    reasons |= {name for threat in each.threats if threat.category == "impact" for name in threat.product_ids}
    helped = {name for remedy in each.remedies for name in remedy.product_ids}
    return (
        bool(each.notes and (each.cve or each.other_ids) and each.status)
        and each.status.keys() <= VEX
        and reasons.issuperset(each.status.get("known_not_affected", ()))
        and helped.issuperset(each.status.get("known_affected", ()))
    )


def _tells(advisory: Advisory) -> bool:
    return any(
        note.category in ("description", "details", "general", "summary") for note in advisory.notes
    ) and any(reference.category == "external" for reference in advisory.references)


_PROMISES = {
    BASE: lambda advisory: True,
    "csaf_security_advisory": _is_advisory,
    "csaf_vex": _is_vex,
    "csaf_informational_advisory": lambda advisory: _tells(advisory) and not advisory.vulnerabilities,
    "csaf_security_incident_response": _tells,
}
