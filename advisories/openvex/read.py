"""Read OpenVEX 0.0.1 and 0.2.0 (https://github.com/openvex/spec). Pure; documents are untrusted.

A later statement about the same vulnerability, product and subcomponents replaces an earlier one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask_babel import gettext as _
from packageurl import PackageURL

from advisories.advisory import Advisory, Note, Remedy, Threat, Unusable, Vulnerability
from advisories.completion import complete
from advisories.csaf.category import category_of
from advisories.csaf.rules import FLAGS, is_purl, without_contradictions
from advisories.parsing import Log, Node
from advisories.records import ProductList, identify, names_of_cpe, revisions, title_of_vex

STATUSES = {
    "affected": "known_affected",
    "fixed": "fixed",
    "not_affected": "known_not_affected",
    "under_investigation": "under_investigation",
}
CONTEXT = "https://openvex.dev/ns"
MAX_SUBCOMPONENTS = 200  # named in the note of a statement
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


def is_openvex(document: dict) -> bool:
    """Whether a parsed document is OpenVEX."""
    context = document.get("@context")
    return isinstance(context, str) and context.startswith(CONTEXT)


@dataclass
class _Statement:
    """A statement of the document; `key` is the vulnerability."""

    node: Node
    key: str
    identifiers: tuple[str, ...]
    status: str
    at: datetime | None
    subcomponents: tuple[str, ...]
    product_ids: list[str] = field(default_factory=list)


def read(document: dict) -> list[Advisory]:
    """Read a document as a list of one advisory; raises Unusable."""
    log = Log()
    root = Node(document, "", log)
    identity, author = root.line("@id"), root.line("author")
    for key, value in (("@id", identity), ("author", author)):
        if not value:
            raise Unusable(_("/%(key)s: missing", key=key))
    products = ProductList("VEXPID", log)
    published = root.time("timestamp", zone_is_utc=True)
    updated = root.time("last_updated", zone_is_utc=True)
    found: dict[str, _Collected] = {}
    for statement in _current(_statements(root["statements"], products, published)):
        found.setdefault(statement.key, _Collected()).add(statement)
    if not found:
        raise Unusable(_("/statements: no statement names a vulnerability, a product and a status"))
    history = revisions(((published, "Published."), (updated, "Updated.")))
    stated = root["version"].value
    if history and isinstance(stated, int | str) and str(stated)[:20] != history[-1].number:
        history[-1] = replace(history[-1], legacy=log.line(str(stated)[:20], "/version"))
    vulnerabilities = [collected.vulnerability(name) for name, collected in found.items()]
    address = urlsplit(identity) if identity.startswith("https://") else None
    advisory = Advisory(
        "openvex",
        identity,
        title_of_vex(author, vulnerabilities),
        author,
        f"https://{address.netloc}" if address and address.netloc else "",
        "vendor" if "vendor" in root.line("role").lower() else "other",
        category="csaf_vex",
        version=str(len(history) or 1),
        initial_release_at=published or updated,
        current_release_at=updated or published,
        history=history,
        products=list(products.entries.values()),
        vulnerabilities=vulnerabilities,
        warnings=log.warnings,
    )
    complete(advisory)
    advisory.category = category_of(advisory)
    return [advisory]


def _statements(nodes: Node, products: ProductList, published: datetime | None) -> Iterator[_Statement]:
    for node in nodes:
        inner = node["vulnerability"]
        if isinstance(inner.value, str):  # 0.0.1
            names = (node.line("vulnerability"),)
        else:
            names = tuple(filter(None, (inner.line("name") or inner.line("@id"), *inner.lines("aliases"))))
        status = STATUSES.get(node.choice("status", STATUSES), "")
        if not names or not names[0] or not status:
            node.log.warn(node.place, _("a statement without a vulnerability or a status was skipped"))
            continue
        at = node.time("last_updated", zone_is_utc=True) or node.time("timestamp", zone_is_utc=True)
        common = _names(node["subcomponents"])
        for item in _objects(node["products"]):
            parts = tuple(dict.fromkeys((*common, *_names(item["subcomponents"]))))
            statement = _Statement(node, names[0], names, status, at or published, parts)
            statement.product_ids.append(_product(item, products))
            yield statement


def _objects(nodes: Node) -> Iterator[Node]:
    """Yield the items of a list; a text (0.0.1) is an object with this @id."""
    if isinstance(nodes.value, list):
        nodes = Node(
            [{"@id": item} if isinstance(item, str) else item for item in nodes.value], nodes.place, nodes.log
        )
    yield from nodes


def _names(nodes: Node) -> tuple[str, ...]:
    return tuple(filter(None, (_identifier(item) for item in _objects(nodes))))


def _identifier(node: Node) -> str:
    identifiers = node["identifiers"]
    return node.line("@id") or identifiers.line("purl") or identifiers.line("cpe23")


def _product(node: Node, products: ProductList) -> str:
    """The id of a product; a package URL or CPE gives its names and version."""
    identity = _identifier(node)
    identifiers = node["identifiers"]
    purl = next(filter(is_purl, (identity, identifiers.line("purl"))), "")
    cpe = identifiers.line("cpe23") or identifiers.line("cpe22") or identifiers.line("cpe")
    vendor, product, version = names_of_cpe(cpe)
    if purl:
        parsed = PackageURL.from_string(purl)
        product = parsed.name
        version = parsed.version or version
    name = " ".join(filter(None, (vendor, product, version))) or identity or node.place
    return products.add(
        name, identity=identity, vendor=vendor, product=product, version=version, purl=purl, cpe=cpe
    )


def _current(statements: Iterator[_Statement]) -> list[_Statement]:
    """The statements that no later one replaces; those that say the same of several products are one."""
    latest: dict[tuple, _Statement] = {}
    for statement in statements:
        key = (statement.key, statement.product_ids[0], statement.subcomponents)
        known = latest.get(key)
        if known is None or (statement.at or _EARLIEST) >= (known.at or _EARLIEST):
            latest[key] = statement
    merged: dict[tuple, _Statement] = {}
    for statement in latest.values():
        key = (statement.node.place, statement.subcomponents)
        known = merged.setdefault(key, statement)
        if known is not statement:
            known.product_ids += statement.product_ids
    return list(merged.values())


@dataclass
class _Collected:
    """What the statements about one vulnerability say; equal sayings about several products are one."""

    identifiers: dict[str, None] = field(default_factory=dict)
    status: dict[str, dict[str, None]] = field(default_factory=dict)
    notes: dict[Note, None] = field(default_factory=dict)
    flags: dict[str, dict[str, None]] = field(default_factory=dict)
    impacts: dict[Threat, dict[str, None]] = field(default_factory=dict)
    actions: dict[Remedy, dict[str, None]] = field(default_factory=dict)

    def add(self, statement: _Statement) -> None:
        """Add what a statement says."""
        node = statement.node
        ids = dict.fromkeys(statement.product_ids)
        node.log.count_references(3 * len(ids))
        self.identifiers |= dict.fromkeys(statement.identifiers)
        self.status.setdefault(statement.status, {}).update(ids)
        described = node["vulnerability"]
        description = described.text("description") if isinstance(described.value, dict) else ""
        for category, title, text in (
            ("description", "Description", description or node.text("vuln_description")),
            ("details", "Status", node.text("status_notes")),
            ("details", "Components", ", ".join(statement.subcomponents[:MAX_SUBCOMPONENTS])),
        ):
            if text:
                self.notes[Note(category, text, title)] = None
        if statement.status == "known_not_affected":
            if label := node.choice("justification", FLAGS):
                self.flags.setdefault(label, {}).update(ids)
            if text := node.text("impact_statement"):
                self.impacts.setdefault(Threat("impact", text, statement.at), {}).update(ids)
        if text := node.text("action_statement"):
            at = node.time("action_statement_timestamp", zone_is_utc=True)
            self.actions.setdefault(Remedy("mitigation", text, at=at), {}).update(ids)

    def vulnerability(self, name: str) -> Vulnerability:
        """The vulnerability."""
        found = Vulnerability(
            title=name,
            status=without_contradictions({state: tuple(ids) for state, ids in self.status.items()}),
            notes=list(self.notes),
            flags=[(label, tuple(ids)) for label, ids in self.flags.items()],
            threats=[replace(each, product_ids=tuple(ids)) for each, ids in self.impacts.items()],
            remedies=[replace(each, product_ids=tuple(ids)) for each, ids in self.actions.items()],
        )
        identify(found, self.identifiers)
        return found
