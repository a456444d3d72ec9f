"""How well installed versions are matched: `python -m bench.matching DIR` prints recall and precision.

DIR holds advisories (CVE records, CSAF) in any folders. The list of what is affected is made from the raw
documents by a reader of its own, which knows only dotted numbers: of each named product the versions at and
beside the bounds, under the names that inventories use, without CPE. Every version is compared with every
document. A pair is positive when the document names the product and the version is in a range.

`alarm`: affected or unknown, as in the list of a member. `affected`: said to be affected. Documents whose
bounds are no dotted numbers are counted, not judged.
"""

import argparse
import itertools
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from advisories import recognise
from advisories.advisory import Advisory, Unusable
from app import create_app
from bulletins import rows
from bulletins.models import Bulletin
from bulletins.verdicts.statements import statements_of
from bulletins.vulnerability_models import Vulnerability
from inventory.versions.verdicts import AFFECTED, ALARMS, Installed, Statement, verdict_on, worst
from products import names

NUMBERS = re.compile(r"[vV]?([0-9]{1,9}(?:\.[0-9]{1,9}){0,5})$")
RANGE = re.compile(r"(?:all versions ?)?(<=|<) ?[vV]?([0-9]+(?:\.[0-9]+){0,5})$", re.I)
PLACEHOLDERS = ("", "n/a", "unspecified", "-", "*", "unknown", "0")
Version = tuple[int, ...]


@dataclass
class Truth:
    """What a document says of one product, in dotted numbers; `is_judged` is False when it says more."""

    vendor: str
    product: str
    ranges: list[tuple[Version | None, Version | None, bool]] = field(default_factory=list)
    exact: list[Version] = field(default_factory=list)
    is_judged: bool = True

    def has(self, version: Version) -> bool:
        """Whether a version is affected."""
        padded = _padded(version)
        if any(_padded(each) == padded for each in self.exact):
            return True
        for first, last, is_included in self.ranges:
            if first is not None and padded < _padded(first):
                continue
            if last is None or padded < _padded(last) or (is_included and padded == _padded(last)):
                return True
        return False

    def samples(self) -> set[Version]:
        """Versions at and beside the bounds."""
        bounds = [each for first, last, _ in self.ranges for each in (first, last) if each is not None]
        found: set[Version] = set()
        for bound in (*bounds, *self.exact):
            found |= {bound, _after(bound)} | ({before} if (before := _before(bound)) else set())
        return found


def _padded(version: Version) -> Version:
    return version + (0,) * (8 - len(version))


def _after(version: Version) -> Version:
    return (*version[:-1], version[-1] + 1)


def _before(version: Version) -> Version | None:
    if version[-1] > 0:
        return (*version[:-1], version[-1] - 1)
    return (*version[:-2], version[-2] - 1, 9) if len(version) > 1 and version[-2] > 0 else None


def _version(text: str) -> Version | None:
    match = NUMBERS.match(text.strip())
    return tuple(int(each) for each in match[1].split(".")) if match else None


def truths_of_cve(document: dict) -> Iterator[Truth]:
    """What a CVE record says of its products."""
    containers = document.get("containers", {})
    found: dict[tuple[str, str], Truth] = {}
    items = [(item, True) for item in containers.get("cna", {}).get("affected", [])]
    items += [(item, False) for each in containers.get("adp", []) for item in each.get("affected", [])]
    for item, is_own in items:
        key = (item.get("vendor", ""), item.get("product", ""))
        if any(word.strip().lower() in PLACEHOLDERS for word in key):
            continue
        truth = found.setdefault(key, Truth(*key))
        if not is_own or item.get("defaultStatus") == "affected" or "versions" not in item:
            truth.is_judged = False
        for version in item.get("versions", []):
            _add_cve_version(truth, version)
    yield from found.values()


def _add_cve_version(truth: Truth, item: dict) -> None:
    first, before, last = (str(item.get(key, "")) for key in ("version", "lessThan", "lessThanOrEqual"))
    if item.get("status") != "affected" or "changes" in item:
        truth.is_judged = False
        return
    start = None if first.strip().lower() in PLACEHOLDERS else _version(first)
    if not before and not last:
        if start is None:
            truth.is_judged = False
        else:
            truth.exact.append(start)
        return
    end = _version(before or last)
    if end is None or (start is None and first.strip().lower() not in PLACEHOLDERS):
        truth.is_judged = False
        return
    truth.ranges.append((None if start == end else start, end, bool(last)))


def truths_of_csaf(document: dict) -> Iterator[Truth]:
    """What a CSAF document says of the products of its branches that are known to be affected."""
    affected = {
        product
        for each in document.get("vulnerabilities", [])
        for product in each.get("product_status", {}).get("known_affected", [])
    }
    others = {
        product
        for each in document.get("vulnerabilities", [])
        for status, products in each.get("product_status", {}).items()
        if status != "known_affected"
        for product in products
    }
    found: dict[tuple[str, str], Truth] = {}
    stack: list[tuple[dict, dict]] = [
        (branch, {}) for branch in document.get("product_tree", {}).get("branches", [])
    ]
    while stack:
        branch, path = stack.pop()
        words = {**path, branch.get("category", ""): branch.get("name", "")}
        stack += [(each, words) for each in branch.get("branches", [])]
        product = branch.get("product")
        if not product or not words.get("vendor") or not words.get("product_name"):
            continue
        key = (words["vendor"], words["product_name"])
        truth = found.setdefault(key, Truth(*key))
        if product.get("product_id") not in affected or product.get("product_id") in others:
            truth.is_judged = False
            continue
        text = words.get("product_version_range") or words.get("product_version", "")
        match = RANGE.match(text.strip())
        if match and (end := _version(match[2])):
            truth.ranges.append((None, end, match[1] == "<="))
        elif "product_version" in words and (version := _version(text)):
            truth.exact.append(version)
        else:
            truth.is_judged = False
    yield from found.values()


def statements(advisory: Advisory) -> list[Statement]:
    """The statements of an advisory as the site stores them, without the catalogue of products."""
    bulletin = Bulletin(products=[], vulnerabilities=[], mitigations=[], known_issues=[])
    known = {each.cve: Vulnerability(cve=each.cve) for each in advisory.vulnerabilities if each.cve}
    rows.from_advisory(bulletin, advisory, known, lambda _entry: (None, ()))
    return statements_of(bulletin.products, bulletin.vulnerabilities)


class Documents:
    """The documents with an index by key."""

    def __init__(self) -> None:
        self.statements: list[list[Statement]] = []
        self.truths: list[list[Truth]] = []
        self.by_key: dict[str, set[int]] = defaultdict(set)
        self.skipped: list[str] = []

    def add(self, path: Path) -> None:
        """Read one file; files of other formats are left out."""
        raw = path.read_bytes()
        try:
            document = json.loads(raw)
        except ValueError:
            return
        if not isinstance(document, dict):
            return
        is_cve = "cveMetadata" in document
        if not is_cve and "csaf_version" not in (document.get("document") or {}):
            return
        try:
            advisories = recognise.read(raw, path.name)
        except Unusable as error:
            self.skipped.append(str(error))
            return
        number = len(self.statements)
        self.statements.append([each for advisory in advisories for each in statements(advisory)])
        self.truths.append(list(truths_of_cve(document) if is_cve else truths_of_csaf(document)))
        for statement in self.statements[-1]:
            for key in statement.identity.keys:
                self.by_key[key].add(number)

    def states(self, installed: Installed) -> dict[int, str]:
        """The state by number of document, of those that are about the installed version."""
        numbers = set().union(*(self.by_key.get(key, set()) for key in installed.identity.keys))
        found = {}
        for number in numbers:
            verdict = worst(verdict_on(installed, self.statements[number]))
            if verdict is not None:
                found[number] = verdict.state
        return found


def names_of(truth: Truth) -> Iterator[tuple[str, str]]:
    """(name, vendor) as inventories write a product."""
    starts = truth.product.casefold().startswith(truth.vendor.casefold())
    joined = truth.product if starts else f"{truth.vendor} {truth.product}"
    yield truth.product, truth.vendor
    yield f"{truth.product} (x64)", truth.vendor
    yield joined, ""
    yield joined, f"{truth.vendor}, Inc."


def measure(documents: Documents) -> dict:
    """Recall and precision of all pairs of versions and documents."""
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    products: dict[tuple[str, str], dict[int, Truth]] = defaultdict(dict)
    for number, truths in enumerate(documents.truths):
        for truth in truths:
            products[names.name_key(truth.vendor), names.name_key(truth.product)][number] = truth
    for by_document in products.values():
        judged = {number: truth for number, truth in by_document.items() if truth.is_judged}
        counts["products"] += 1
        counts["judged products"] += bool(judged)
        samples = sorted(set(itertools.chain.from_iterable(each.samples() for each in judged.values())))
        for truth in itertools.islice(judged.values(), 1):
            for version, (name, vendor) in itertools.product(samples, names_of(truth)):
                text = ".".join(map(str, version))
                states = documents.states(Installed(name, vendor, text))
                _count(counts, wrong, judged, by_document, states, version, f"{vendor} | {name} {text}")
    return {**_shares(counts), **counts, "documents": len(documents.statements), "wrong": wrong}


def _count(
    counts: Counter,
    wrong: list[str],
    judged: dict[int, Truth],
    known: dict[int, Truth],
    states: dict[int, str],
    version: Version,
    text: str,
) -> None:
    for number in judged.keys() | (states.keys() - known.keys()):
        is_affected = number in judged and judged[number].has(version)
        state = states.get(number, "")
        counts["pairs"] += 1
        counts["positive"] += is_affected
        counts["unknown"] += state == "unknown"
        for name, says_so in (("alarm", state in ALARMS), ("affected", state == AFFECTED)):
            counts[f"{name} right"] += says_so and is_affected
            counts[f"{name} wrong"] += says_so and not is_affected
        if is_affected != (state in ALARMS) or (state == AFFECTED and not is_affected):
            wrong.append(f"{text}: {state or 'no match'}, should be {'affected' if is_affected else 'not'}")


def _shares(counts: Counter) -> dict[str, float]:
    found = {}
    for name in ("alarm", "affected"):
        right, false = counts[f"{name} right"], counts[f"{name} wrong"]
        found[f"{name} recall"] = right / counts["positive"] if counts["positive"] else 1.0
        found[f"{name} precision"] = right / (right + false) if right + false else 1.0
    return found


def read(folders: Iterable[Path]) -> Documents:
    """All advisories below some folders."""
    documents = Documents()
    for path in sorted(path for folder in folders for path in folder.rglob("*.json")):
        documents.add(path)
    return documents


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--wrong", type=int, default=20, help="how many mistakes to list")
    chosen = parser.parse_args(arguments)
    result = measure(read(chosen.folders))
    wrong = result.pop("wrong")
    for name, value in result.items():
        print(f"{name:20} {value:.4f}" if isinstance(value, float) else f"{name:20} {value}")
    for line in wrong[: chosen.wrong]:
        print(line, file=sys.stderr)


if __name__ == "__main__":
    with create_app().test_request_context():
        main()
