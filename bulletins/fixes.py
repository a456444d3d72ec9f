"""What of an advisory is fixed and what is open. Pure.

A vendor fix counts for the products it names, for all when it names none. Fixed versions without any word of
a fix are a fix for all: that is how VEX documents say it.
"""

from dataclasses import dataclass
from itertools import chain

from advisories.advisory import AFFECTED, FIXED, Advisory, Vulnerability

NOT_AFFECTED, UNDER_INVESTIGATION = "known_not_affected", "under_investigation"


def products_with_status(vulnerability: Vulnerability, states: tuple[str, ...]) -> set[str]:
    """Ids of the products that are in one of these states."""
    return set(chain.from_iterable(vulnerability.status.get(state, ()) for state in states))


def concerns_any(vulnerability: Vulnerability) -> bool:
    """Whether it is a risk for somebody: not when it was rejected, or no product is affected by it."""
    states = {state for state, ids in vulnerability.status.items() if ids}
    return not vulnerability.is_rejected and states != {NOT_AFFECTED}


def has_fix(vulnerability: Vulnerability) -> bool:
    """Whether there is a fix for anything."""
    return any(remedy.kind == "vendor_fix" for remedy in vulnerability.remedies) or bool(
        products_with_status(vulnerability, FIXED)
    )


def unfixed_products(vulnerability: Vulnerability) -> set[str]:
    """Ids of the affected products for which there is no fix."""
    affected = products_with_status(vulnerability, AFFECTED)
    fixes = [remedy for remedy in vulnerability.remedies if remedy.kind == "vendor_fix"]
    if any(not fix.product_ids for fix in fixes) or (
        not fixes and products_with_status(vulnerability, FIXED)
    ):
        return set()
    return affected - set(chain.from_iterable(fix.product_ids for fix in fixes))


@dataclass(frozen=True)
class ProductStatus:
    """A product over all vulnerabilities of a document: its worst state, and whether all of it is fixed."""

    status: str = ""  # affected, under_investigation, fixed, not_affected, or nothing
    has_fix: bool = False


def product_statuses(advisory: Advisory) -> dict[str, ProductStatus]:
    """The standing of each product of a document, by its id; what was rejected counts for nothing."""
    real = [each for each in advisory.vulnerabilities if not each.is_rejected]
    groups = (
        ("affected", AFFECTED),
        ("under_investigation", (UNDER_INVESTIGATION,)),
        ("fixed", FIXED),
        ("not_affected", (NOT_AFFECTED,)),
    )
    named = {
        status: set().union(*(products_with_status(each, states) for each in real))
        for status, states in groups
    }
    open_ids = set().union(*(unfixed_products(each) for each in real))
    found = {}
    for entry in advisory.products:
        status = next((status for status, ids in named.items() if entry.id in ids), "")
        found[entry.id] = ProductStatus(status, status in ("affected", "fixed") and entry.id not in open_ids)
    return found


@dataclass(frozen=True)
class Risk:
    """What alerts depend on: what is open and what is fixed are names of vulnerabilities and products."""

    is_exploited: bool
    severity: int
    open: frozenset[str]
    fixed: frozenset[str]


def risk_changes(before: Risk, after: Risk) -> list[str]:
    """Why the risk is another than before; nothing for a mere edit."""
    found = [
        ("exploited", after.is_exploited and not before.is_exploited),
        ("severity", after.severity > before.severity),
        ("fix_available", bool(before.open & after.fixed)),
        ("fix_withdrawn", bool(before.fixed & after.open)),
    ]
    return [reason for reason, holds in found if holds]
