"""The products of a bulletin as statements that versions are compared with. Pure functions of loaded rows."""

from collections.abc import Iterable, Sequence
from itertools import chain

from advisories.advisory import AFFECTED, FIXED
from bulletins.models import AffectedProduct
from bulletins.vulnerability_models import BulletinVulnerability
from inventory.versions.verdicts import Statement

VENDOR_FIX = "vendor_fix"


def statements_of(
    products: Sequence[AffectedProduct],
    vulnerabilities: Iterable[BulletinVulnerability] = (),
    *,
    all_products: Sequence[AffectedProduct] | None = None,
) -> list[Statement]:
    """One statement for each product, in order.

    `all_products` are those of the document, when `products` are some: a product may be part of another.
    `vulnerabilities` add the CVEs, and the builds and updates that fix a product; without them, verdicts are
    the same but for builds and updates.
    """
    by_key = {row.key: row for row in all_products or products}
    concerned = [row for row in vulnerabilities if row.concerns_any]
    cves = [
        (
            row.cve or row.title,
            frozenset(chain.from_iterable(row.status.get(status, ()) for status in (*AFFECTED, *FIXED))),
        )
        for row in concerned
    ]
    fixes = [
        (remedy, frozenset(remedy.product_ids))
        for row in concerned
        for remedy in row.remediations
        if remedy.kind == VENDOR_FIX
    ]
    return [_statement(row, by_key, cves, fixes) for row in products]


def _statement(
    row: AffectedProduct, by_key: dict[str, AffectedProduct], cves: list, fixes: list
) -> Statement:
    part_of = row.more.get("part_of") or ("", "", "")
    component, platform = by_key.get(part_of[1]), by_key.get(part_of[2])
    own = _more(row)
    inner = _more(component)
    outer = _more(platform)
    mine = [remedy for remedy, ids in fixes if row.key in ids or not ids]
    return Statement(
        row.status,
        row.name,
        row.vendor or (component.vendor if component else ""),
        own.get("product") or inner.get("product", ""),
        row.version or (component.version if component else ""),
        bool(own.get("is_range") or (not row.version and inner.get("is_range"))),
        row.vers or (component.vers if component else ""),
        own.get("purl") or inner.get("purl", ""),
        own.get("cpe") or inner.get("cpe", ""),
        f"{outer.get('cpe', '')} {platform.name}" if platform else "",
        row.product_id,
        tuple(known.release_id for known in row.named_releases),
        row.is_whole,
        tuple(name for name, ids in cves if row.key in ids or not ids),
        tuple(remedy.fixed_build for remedy in mine if remedy.fixed_build),
        tuple(remedy.update.upper() for remedy in mine if remedy.update),
        tuple(remedy.supersedes.upper() for remedy in mine if remedy.supersedes),
        row.key,
    )


def _more(row: AffectedProduct | None) -> dict:
    return row.more if row is not None else {}
