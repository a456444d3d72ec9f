"""Read the affected products of a CVE record (CVE JSON 5, `affected`)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from advisories.advisory import ProductEntry
from advisories.csaf.rules import is_cpe, is_purl, is_range, without_contradictions
from advisories.parsing import Log, Node

STATES = {"affected": "known_affected", "unaffected": "known_not_affected", "unknown": "under_investigation"}
PLACEHOLDERS = ("", "n/a", "unspecified", "-", "unknown")
OTHER_VERSIONS = "other versions"


@dataclass
class Affected:
    """Products of a record, one per version or range, and their ids by status."""

    entries: dict[tuple[str, str, str], ProductEntry] = field(default_factory=dict)
    status: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_affected(containers: list[Node], log: Log) -> Affected:
    """Read the products of containers until one names products with versions, the CNA's first."""
    found = Affected()
    states: dict[str, dict[str, None]] = {}
    for container in containers:
        for node in container["affected"]:
            _add_versions(node, found, states, log)
        if any(entry.product and entry.version for entry in found.entries.values()):
            break
    found.status = without_contradictions({state: tuple(ids) for state, ids in states.items()})
    return found


def _add_versions(node: Node, found: Affected, states: dict[str, dict[str, None]], log: Log) -> None:
    """Add the products of `node` to `found`, and their ids to `states`."""
    for version, state in _versions(node):
        if entry := _entry(node, version, found):
            log.count_products(len(found.entries))
            states.setdefault(state, {})[entry.id] = None


def _versions(node: Node) -> Iterator[tuple[str, str]]:
    """Yield (version or range, product status) by the rules of `versions` and `defaultStatus`."""
    default = STATES[node.choice("defaultStatus", STATES, "unknown")]
    count = 0
    for item in node["versions"]:
        count += 1
        state = STATES[item.choice("status", STATES, "unknown")]
        fixes = [
            change.line("at")
            for change in item["changes"]
            if change.line("status") == "unaffected" and change.line("at")
        ]
        if state == "known_not_affected" and default == "known_affected" and item.line("lessThan") == "*":
            state = "fixed"  # all later versions, while the others are affected
        yield _range(item, fixes[0] if fixes and state == "known_affected" else ""), state
        for fixed in fixes:
            yield fixed, "fixed"
    if not count or default == "known_affected":
        yield (OTHER_VERSIONS if count else ""), default


def _range(item: Node, fixed: str) -> str:
    """A version or a range: "4.1", "< 7.2.3", ">= 7.0, <= 7.0.10", "all versions"."""
    first = item.line("version")
    before = item.line("lessThan")
    last = item.line("lessThanOrEqual")
    start = "" if first.lower() in (*PLACEHOLDERS, "0", "*") else first
    if fixed or before or last:
        end = (
            f"< {fixed or before}"
            if fixed or before not in ("", "*")
            else f"<= {last.lstrip('<= ')}"
            if last not in ("", "*")
            else ""
        )
        start = "" if start.lower() == "all" or end.endswith(f" {start}") else start
        return ", ".join(filter(None, (start and f">= {start}", end))) or "all versions"
    return "all versions" if first == "*" else "" if first.lower() in PLACEHOLDERS else first


def _value(node: Node, key: str) -> str:
    word = node.line(key)
    return "" if word.lower() in PLACEHOLDERS else word


def _entry(node: Node, version: str, found: Affected) -> ProductEntry | None:
    """The product of `node` in a version, created once; None if it has no name."""
    vendor = _value(node, "vendor")
    product = _value(node, "product") or _value(node, "packageName")
    platforms = ", ".join(node.lines("platforms")[:5])
    called = product if product.lower().startswith(vendor.lower()) else f"{vendor} {product}"
    name = " ".join(f"{called} {version}".split())
    if not vendor and not product:
        return None
    if platforms:
        name = f"{name} ({platforms})"
    key = (vendor, product, name)
    if key not in found.entries:
        purl = node.line("packageURL")
        found.entries[key] = ProductEntry(
            f"CVEPID-{len(found.entries) + 1:04}",
            name,
            vendor,
            product,
            version,
            is_range=is_range(version) or version == OTHER_VERSIONS,
            purl=purl if is_purl(purl) else "",
            cpe=next(filter(is_cpe, node.lines("cpes")), ""),
        )
    return found.entries[key]
