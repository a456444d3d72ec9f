"""Read the affected products of a CVE record (CVE JSON 5, `affected`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from advisories.advisory import ProductEntry
from advisories.csaf.rules import is_cpe, is_purl, is_range, without_contradictions
from advisories.fixed_versions import OTHER_VERSIONS
from advisories.parsing import Log, Node

STATES = {"affected": "known_affected", "unaffected": "known_not_affected", "unknown": "under_investigation"}
PLACEHOLDERS = ("", "n/a", "unspecified", "-", "unknown")
_DOTTED = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,6}")


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
    items = list(node["versions"])
    states = [STATES[item.choice("status", STATES, "unknown")] for item in items]
    last_affected = _last_affected(items, states)
    for item, stated in zip(items, states, strict=True):
        state = stated
        fixes = [
            change.line("at")
            for change in item["changes"]
            if change.line("status") == "unaffected" and change.line("at")
        ]
        if state == "known_not_affected" and (
            _continues(item, default) or _is_later(item.line("version"), last_affected)
        ):
            state = "fixed"
        yield _range(item, fixes[0] if fixes and state == "known_affected" else ""), state
        for fixed in fixes:
            yield fixed, "fixed"
    if not items or default == "known_affected":
        yield (OTHER_VERSIONS if items else ""), default


def _continues(item: Node, default: str) -> bool:
    """Whether these are all later versions, or of one branch (5.15.*), while the others are affected."""
    if default != "known_affected" or item.line("version").lower() in (*PLACEHOLDERS, "0", "*"):
        return False
    end = item.line("lessThan") or item.line("lessThanOrEqual")
    return end == "*" or end.endswith(".*")


def _last_affected(items: list[Node], states: list[str]) -> tuple[int, ...]:
    """The highest version that is listed as affected, as numbers; empty when one cannot be compared."""
    found = []
    for item, state in zip(items, states, strict=True):
        if state == "known_affected":
            end = item.line("lessThan") or item.line("lessThanOrEqual") or item.line("version")
            found.append(_numbers(end))
    return max(found) if found and all(found) else ()


def _is_later(version: str, last_affected: tuple[int, ...]) -> bool:
    numbers = _numbers(version)
    return bool(last_affected and numbers and numbers >= last_affected)


def _numbers(version: str) -> tuple[int, ...]:
    """A version of numbers and dots only, as numbers; empty for any other."""
    return tuple(map(int, version.split("."))) if _DOTTED.fullmatch(version) else ()


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
