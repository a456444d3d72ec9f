"""Which vulnerabilities and products of an advisory have a fix. Pure functions.

A vendor fix counts for the products it names, or for all when it names none. Fixed versions without a vendor
fix count as a fix for all products: VEX documents state fixes in this way.
"""

from dataclasses import dataclass
from itertools import chain

from advisories.advisory import AFFECTED, FIXED, Advisory, Vulnerability

NOT_AFFECTED = "known_not_affected"
UNDER_INVESTIGATION = "under_investigation"


def products_with_status(vulnerability: Vulnerability, statuses: tuple[str, ...]) -> set[str]:
    """Ids of the products with one of these statuses."""
    return set(chain.from_iterable(vulnerability.status.get(status, ()) for status in statuses))


def concerns_any(vulnerability: Vulnerability) -> bool:
    """Whether it may affect a product: not if the CVE was rejected or all products are not affected."""
    statuses = {status for status, ids in vulnerability.status.items() if ids}
    return not vulnerability.is_rejected and statuses != {NOT_AFFECTED}


def has_fix(vulnerability: Vulnerability) -> bool:
    """Whether there is a fix for at least one product."""
    return any(remedy.kind == "vendor_fix" for remedy in vulnerability.remedies) or bool(
        products_with_status(vulnerability, FIXED)
    )


def unfixed_products(vulnerability: Vulnerability) -> set[str]:
    """Ids of the affected products without a fix."""
    affected = products_with_status(vulnerability, AFFECTED)
    fixes = [remedy for remedy in vulnerability.remedies if remedy.kind == "vendor_fix"]
    if any(not fix.product_ids for fix in fixes) or (
        not fixes and products_with_status(vulnerability, FIXED)
    ):
        return set()
    return affected - set(chain.from_iterable(fix.product_ids for fix in fixes))


@dataclass(frozen=True)
class ProductStatus:
    """The worst status of a product over all vulnerabilities, and whether all of them have a fix."""

    status: str = ""  # affected, under_investigation, fixed, not_affected, or nothing
    has_fix: bool = False


def product_statuses(advisory: Advisory) -> dict[str, ProductStatus]:
    """The status of each product of a document, by product id; rejected vulnerabilities are ignored."""
    counted = [each for each in advisory.vulnerabilities if not each.is_rejected]
    groups = (
        ("affected", AFFECTED),
        ("under_investigation", (UNDER_INVESTIGATION,)),
        ("fixed", FIXED),
        ("not_affected", (NOT_AFFECTED,)),
        ("unknown", ("unknown",)),
    )
    named = {
        status: set().union(*(products_with_status(each, statuses) for each in counted))
        for status, statuses in groups
    }
    unfixed_ids = set().union(*(unfixed_products(each) for each in counted))
    found = {}
    for entry in advisory.products:
        status = next((status for status, ids in named.items() if entry.id in ids), "")
        found[entry.id] = ProductStatus(
            status, status in ("affected", "fixed") and entry.id not in unfixed_ids
        )
    return found


@dataclass(frozen=True)
class Risk:
    """What alerts depend on; `open` and `fixed` contain keys of vulnerabilities and products."""

    is_exploited: bool
    severity: int
    open: frozenset[str]
    fixed: frozenset[str]


def risk_changes(before: Risk, after: Risk) -> list[str]:
    """The reasons for a new alert (labels.risk_reason); none for an edit that changes no risk."""
    found = [
        ("exploited", after.is_exploited and not before.is_exploited),
        ("severity", after.severity > before.severity),
        ("fix_available", bool(before.open & after.fixed)),
        ("fix_withdrawn", bool(before.fixed & after.open)),
    ]
    return [reason for reason, holds in found if holds]
