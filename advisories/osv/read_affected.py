"""Read the affected packages of an OSV record as products, one per range, with the fixes that ranges name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from flask_babel import gettext as _

from advisories import scores
from advisories.advisory import Remedy, Score
from advisories.fixed_versions import MAX_VERSION_LENGTH, fixed_in
from advisories.osv.databases import ecosystem_of, purl_of
from advisories.parsing import Node
from advisories.records import (
    ALL_VERSIONS,
    Interval,
    ProductList,
    batches_of_versions,
    vers_of_versions,
)

MAX_BATCHES = 50  # products of one package that has only a list of versions
CVSS_VERSIONS = {"CVSS_V2": "2.0", "CVSS_V3": "", "CVSS_V4": "4.0"}
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_PARTS = re.compile(r"\d{1,20}|[a-z]{1,40}", re.I)


@dataclass
class Affected:
    """What is affected, and what is known of each package."""

    products: ProductList
    product_ids: dict[str, None] = field(default_factory=dict)
    remedies: list[Remedy] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    severities: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Package:
    """How a package is called and ordered."""

    label: str
    vendor: str
    product: str
    purl: str
    scheme: str


def read_affected(nodes: Node, products: ProductList) -> Affected:
    """Read `affected`; raises Unusable above the limits."""
    found = Affected(products)
    for node in nodes:
        ids = tuple(dict.fromkeys(_add(node, found)))
        found.product_ids |= dict.fromkeys(ids)
        found.scores += read_scores(node["severity"], ids)
        for key in ("ecosystem_specific", "database_specific"):
            if severity := scores.severity_of_word(_text(node[key], "severity")):
                found.severities.append(severity)
        node.log.count_references(len(ids))
    return found


def read_scores(nodes: Node, product_ids: tuple[str, ...]) -> list[Score]:
    """The CVSS vectors of a list of severities."""
    found = []
    for node in nodes:
        kind = node.line("type")
        if kind in CVSS_VERSIONS:
            found.append(
                scores.stated_score(
                    node.line("score"),
                    None,
                    product_ids,
                    version=CVSS_VERSIONS[kind],
                    place=node.place,
                    log=node.log,
                )
            )
    return list(filter(None, found))


def severity_words(nodes: Node) -> Iterator[str]:
    """Yield the severities in words of a list of severities: Ubuntu and others state a level."""
    for node in nodes:
        if node.line("type") not in CVSS_VERSIONS and (
            severity := scores.severity_of_word(node.line("score"))
        ):
            yield severity


def _text(node: Node, key: str) -> str:
    """A text of a member whose form each database defines: no warning when it is something else."""
    value = node[key].value
    return node.log.line(value, node.place) if isinstance(value, str) else ""


def _add(node: Node, found: Affected) -> Iterator[str]:
    """Add the products of one package, and yield their ids."""
    package = _package(node)
    if package is None:
        return
    has_ranges = False
    for item in node["ranges"]:
        kind = item.line("type")
        if kind == "GIT":
            continue
        scheme = package.scheme or ("semver" if kind == "SEMVER" else "")
        for interval in _intervals(item["events"]):
            has_ranges = True
            product_id = _product(package, str(interval), True, interval.vers(scheme), found)
            if interval.before:
                found.remedies.append(fixed_in(interval.before[:MAX_VERSION_LENGTH], (product_id,)))
            yield product_id
    if has_ranges:
        return
    ids = list(_add_versions(node, package, found))
    ids = ids or list(_add_commits(node["ranges"], package, found))
    if not ids:
        has_list = bool(node["versions"].value) or bool(node["ranges"].value)
        if has_list:
            node.log.warn(node.place, _("no version or range can be read; all versions count as affected"))
        ids = [_product(package, ALL_VERSIONS, True, "", found)]
    found.remedies += _commit_fixes(node["ranges"], tuple(ids))
    yield from ids


def _package(node: Node) -> _Package | None:
    inner = node["package"]
    name = inner.line("name")
    if name:
        base, release, ecosystem = ecosystem_of(inner.line("ecosystem"))
        purl = purl_of(base, release, name, inner.line("purl"))
        if ecosystem.is_distribution:
            where = " ".join(filter(None, (base, release.replace(":", " "))))
            return _Package(f"{where} {name}", base, name, purl, ecosystem.scheme)
        label = name if name.lower().startswith(base.lower()) else f"{base} {name}".strip()
        return _Package(label, "", name, purl, ecosystem.scheme)
    repository = next((url for item in node["ranges"] if (url := item.url("repo"))), "")
    if not repository:
        node.log.warn(node.place, _("neither a package nor a repository: skipped"))
        return None
    parts = repository.rstrip("/").removesuffix(".git").split("/")
    vendor = parts[-2] if len(parts) > 4 else ""
    return _Package(parts[-1] or repository, vendor, parts[-1] or repository, "", "generic")


def _product(package: _Package, version: str, is_range: bool, vers: str, found: Affected) -> str:
    return found.products.add(
        f"{package.label} {version}",
        vendor=package.vendor,
        product=package.product,
        version=version,
        is_range=is_range,
        purl=package.purl,
        vers=vers,
    )


def _intervals(events: Node) -> Iterator[Interval]:
    """Yield the intervals of a timeline of events; events in disorder are sorted by their numbers."""
    pairs = [
        (kind, version)
        for node in events
        for kind in ("introduced", "fixed", "last_affected", "limit")
        if (version := node.line(kind)) and version != "*"
    ]
    kinds = [kind == "introduced" for kind, _version in pairs]
    if any(a == b for a, b in pairwise(kinds)) or (kinds and not kinds[0]):
        pairs.sort(key=lambda pair: (_natural_key(pair[1]), pair[0] != "introduced"))
    start: str | None = None if any(kinds) else "0"
    for kind, version in pairs:
        if kind == "introduced":
            start = version if start is None else start
        elif start is None:
            continue
        elif kind == "last_affected":
            yield Interval(_start(start), last=version)
            start = None
        elif kind == "fixed":
            yield Interval(_start(start), before=version)
            start = None
    if start is not None and pairs:
        yield Interval(_start(start))


def _start(version: str) -> str:
    return "" if version == "0" else version


def _natural_key(version: str) -> list[tuple[int, int, str]]:
    """A rough order of versions: numbers by value, after words."""
    return [
        (1, int(part), "") if part.isdigit() else (0, 0, part.lower())
        for part in _PARTS.findall(version)[:50]
    ]


def _add_versions(node: Node, package: _Package, found: Affected) -> Iterator[str]:
    """Add the versions of a package that has no range; yield the ids of the products."""
    batches = batches_of_versions(node.lines("versions"))
    if len(batches) > MAX_BATCHES:
        node.log.warn(
            node["versions"].place,
            _("only the first %(n)s versions are read", n=f"{sum(map(len, batches[:MAX_BATCHES])):,}"),
        )
    for batch in batches[:MAX_BATCHES]:
        text = batch[0] if len(batch) == 1 else f"{batch[0]} … {batch[-1]} ({len(batch)} versions)"
        vers = vers_of_versions(package.scheme or "generic", batch)
        yield _product(package, text, len(batch) > 1, vers, found)


def _add_commits(ranges: Node, package: _Package, found: Affected) -> Iterator[str]:
    """Add the ranges of commits of a package that has nothing else; they cannot be compared."""
    for item in ranges:
        for interval in _intervals(item["events"]):
            short = Interval(*(_short(word) for word in vars(interval).values()))
            text = "all commits" if short == Interval() else f"commits {short}"
            yield _product(package, text, True, "", found)


def _short(commit: str) -> str:
    return commit[:12] if _COMMIT.fullmatch(commit) else commit


def _commit_fixes(ranges: Node, product_ids: tuple[str, ...]) -> Iterator[Remedy]:
    """Yield the commits that fix a package."""
    for item in ranges:
        if item.line("type") == "GIT":
            for event in item["events"]:
                if commit := event.line("fixed"):
                    yield Remedy(
                        "vendor_fix",
                        f"Fixed by commit {commit[:64]}.",
                        product_ids,
                        item.url("repo"),
                        fixed_build=_short(commit)[:100],
                        origin="version_range",
                    )
