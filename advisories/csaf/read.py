"""Read CSAF 2.0 (OASIS standard, November 2022) and 2.1 (read21.py). Pure; documents are untrusted."""

import hashlib
import json
import re
import zlib
from datetime import datetime

from flask_babel import gettext as _

from advisories import cwe, scores
from advisories.advisory import (
    REMEDIES,
    Advisory,
    Involvement,
    Note,
    Original,
    Reference,
    Remedy,
    RevisionEntry,
    Score,
    Threat,
    Unusable,
    Vulnerability,
)
from advisories.completion import complete
from advisories.csaf import notes as csaf_notes
from advisories.csaf import read21, rules
from advisories.csaf.read_products import Products
from advisories.merging import VulnerabilityCollector
from advisories.parsing import Log, Node
from advisories.severity_words import severity_of_phrase

EXPLOITED = re.compile(r"\bExploited: ?Yes\b|\bExploitation Detected\b|\bExploitation: active\b", re.I)


ENGINE = "Redoubt"  # the name of this software in the documents that it writes, whose texts are Markdown
MAX_ORIGINAL_BYTES = 8 * 1024 * 1024  # of a stored original, compressed


def read(document: dict, data: bytes = b"") -> list[Advisory]:
    """Read the advisory in a parsed document, as a list of one; raises Unusable.

    `data` are the bytes of the document, which are kept as its original; without them it is serialized.
    """
    log = Log()
    root = Node(document, "", log)
    head = root["document"]
    log.is_markdown = head["tracking"]["generator"]["engine"].line("name") == ENGINE
    version = read21.check_version(head)
    advisory = _head(head, log, version)
    products = Products(root["product_tree"])
    advisory.products = list(products.entries.values())
    collected = VulnerabilityCollector(log)
    dl_ids: dict[str, Vulnerability] = {}
    for node in root["vulnerabilities"]:
        found = _vulnerability(node, products)
        if version == "2.1":
            read21.complete(found, node, products, advisory.publisher)
            dl_ids[node.line("dl_vuln_id")] = found
        collected.add(found, node.place)
    advisory.vulnerabilities = collected.found
    if version == "2.1":
        read21.add_involvement(advisory, head, dl_ids)
        read21.warnings_of(root)
    stated = head["aggregate_severity"]
    word = stated.line("text")
    advisory.severity = severity_of_phrase(word) or _severity(advisory.vulnerabilities)
    advisory.severity_text = "" if word == advisory.severity else word
    advisory.severity_namespace = stated.url("namespace")
    complete(advisory)
    advisory.original = original_of(data or json.dumps(document, ensure_ascii=False).encode(), version, log)
    return [advisory]


def original_of(data: bytes, version: str, log: Log) -> Original | None:
    """The document as it is, compressed; None with a warning if it is too large even so."""
    packed = zlib.compress(data)
    if len(packed) > MAX_ORIGINAL_BYTES:
        place = "/"
        log.warn(place, _("the original is too large to be published again; only its content is stored"))
        return None
    hashes = hashlib.sha256(data).hexdigest(), hashlib.sha512(data).hexdigest()
    return Original(packed, len(data), *hashes, version)


def _head(head: Node, log: Log, version: str) -> Advisory:
    publisher = head["publisher"]
    tracking = head["tracking"]
    namespace = publisher.line("namespace")
    name = publisher.line("name") or namespace
    for value, place in ((name, publisher["name"].place), (tracking.line("id"), tracking["id"].place)):
        if not value:
            raise Unusable(_("%(place)s: missing", place=place))
    history = _history(tracking["revision_history"])
    notes = _notes(head["notes"])
    distribution = head["distribution"]
    times = [entry.at for entry in history]
    return Advisory(
        "csaf",
        tracking.line("id"),
        head.line("title") or tracking.line("id"),
        name,
        namespace,
        publisher.choice("category", rules.PUBLISHERS, "other"),
        read21.contact(publisher),
        publisher.text("issuing_authority"),
        head.line("category") or "csaf_base",
        _status(head, tracking),
        read21.label(distribution) if version == "2.1" else _label(distribution["tlp"]),
        tracking.line("version") or "1",
        distribution=distribution.text("text"),
        sharing_group=read21.sharing_group(distribution),
        license=head.line("license_expression"),
        language=head.line("lang"),
        initial_release_at=tracking.time("initial_release_date") or min(times, default=None),
        current_release_at=tracking.time("current_release_date") or max(times, default=None),
        history=history,
        month=csaf_notes.pop_month(notes),
        notes=notes,
        references=_references(head["references"]),
        acknowledgments=acknowledgments(head["acknowledgments"]),
        aliases=list(tracking.lines("aliases")),
        warnings=log.warnings,
    )


def _status(head: Node, tracking: Node) -> str:
    """The status of a document; the category csaf_withdrawn of 2.1 means that it is withdrawn."""
    status = tracking.choice("status", rules.STATES, "draft")
    return "withdrawn" if head.line("category") == read21.WITHDRAWN and status != "draft" else status


def _label(tlp: Node) -> str:
    """The TLP label in the terms of CSAF 2.0; an unknown one counts as RED."""
    word = tlp.line("label").upper()
    label = {"CLEAR": "WHITE", "AMBER+STRICT": "RED"}.get(word, word)
    if label and label not in rules.TLP:
        tlp.log.warn(tlp["label"].place, _("unknown label %(word)s, kept as RED", word=repr(word[:40])))
        return "RED"
    if tlp.value is not None and not label:
        tlp.log.warn(tlp.place, _("a TLP without a label, kept as RED"))
        return "RED"
    return label


def _history(nodes: Node) -> list[RevisionEntry]:
    found: list[RevisionEntry] = []
    for node in nodes:
        at: datetime | None = node.time("date")
        if at:
            found.append(
                RevisionEntry(
                    node.line("number") or str(len(found) + 1),
                    at,
                    node.prose("summary"),
                    node.line("legacy_version"),
                )
            )
        else:
            node.log.warn(node.place, _("a revision without a date was skipped"))
    return found


def _notes(nodes: Node, products: Products | None = None) -> list[Note]:
    return [
        Note(
            node.choice("category", rules.NOTES, "other"),
            text,
            node.line("title"),
            node.line("audience"),
            products.named_by(node) if products else (),
        )
        for node in nodes
        if (text := node.prose("text"))
    ]


def _references(nodes: Node) -> list[Reference]:
    return [
        Reference(url, node.line("summary") or url, node.choice("category", ("external", "self"), "external"))
        for node in nodes
        if (url := node.url("url"))
    ]


def acknowledgments(nodes: Node) -> list[dict]:
    """Acknowledgments with the keys of CSAF section 3.1.1."""
    found = []
    for node in nodes:
        urls = [url for line in node.lines("urls") if (url := node.log.url(line, node["urls"].place))]
        thanks = {
            "names": list(node.lines("names")),
            "organization": node.line("organization"),
            "summary": node.text("summary"),
            "urls": urls,
        }
        if any(thanks.values()):
            found.append({key: value for key, value in thanks.items() if value})
    return found


def _vulnerability(node: Node, products: Products) -> Vulnerability:
    status = products.status(node["product_status"])
    products.default_ids = rules.default_product_ids(status)
    found = Vulnerability(
        title=node.line("title"),
        notes=_notes(node["notes"], products),
        status=status,
        other_ids=[
            (system, text)
            for item in node["ids"]
            if (system := item.line("system_name")) and (text := item.line("text"))
        ],
        scores=[score for item in node["scores"] for score in _scores(item, products)],
        remedies=[remedy for item in node["remediations"] if (remedy := _remedy(item, products))],
        threats=[
            Threat(
                item.choice("category", rules.THREATS, "impact"),
                details,
                item.time("date"),
                products.named_by(item),
            )
            for item in node["threats"]
            if (details := item.prose("details"))
        ],
        references=_references(node["references"]),
        involvements=_involvements(node["involvements"]),
        flags=[
            (label, products.named_or_default(item))
            for item in node["flags"]
            if (label := item.choice("label", rules.FLAGS))
        ],
        acknowledgments=acknowledgments(node["acknowledgments"]),
        discovered_at=node.time("discovery_date"),
        released_at=node.time("release_date"),
    )
    _identify(found, node)
    csaf_notes.restore_from_notes(found, products.known)
    return found


def _identify(found: Vulnerability, node: Node) -> None:
    cve = node.line("cve").upper()
    cwe_id = node["cwe"].line("id")
    if rules.CVE.fullmatch(cve):
        found.cve = cve
    elif cve:
        node.log.warn(node["cve"].place, _("not a CVE id: %(cve)s", cve=repr(cve[:40])))
        found.other_ids.append(("CVE", cve))
    if rules.CWE.fullmatch(cwe_id):
        found.cwe = cwe_id, cwe.name_of(cwe_id) or node["cwe"].line("name") or cwe_id
    elif cwe_id:
        node.log.warn(node["cwe"]["id"].place, _("not a CWE id: %(cwe)s", cwe=repr(cwe_id[:40])))


def _scores(node: Node, products: Products) -> list[Score]:
    found = []
    for key in ("cvss_v2", "cvss_v3", "cvss_v4"):
        inner = node[key]
        if inner:
            found.append(
                scores.stated_score(
                    inner.line("vectorString"),
                    inner.score("baseScore"),
                    products.named_or_default(node, "products"),
                    version=inner.line("version"),
                    place=inner.place,
                    log=node.log,
                )
            )
    return list(filter(None, found))


def _remedy(node: Node, products: Products) -> Remedy | None:
    kind = node.choice("category", REMEDIES)
    url = node.url("url")
    details = node.prose("details")
    if not kind or not (details or url):
        node.log.warn(node.place, _("a remediation without a category or details was skipped"))
        return None
    restart = node["restart_required"]
    return csaf_notes.parse_update_details(
        Remedy(
            kind,
            details or url,
            products.named_or_default(node),
            url,
            node.time("date"),
            restart.choice("category", rules.RESTARTS),
            restart.text("details"),
            node.lines("entitlements"),
        )
    )


def _involvements(nodes: Node) -> list[Involvement]:
    return [
        Involvement(party, status, node.text("summary"), node.time("date"))
        for node in nodes
        if (party := node.choice("party", rules.PARTIES))
        and (status := node.choice("status", rules.INVOLVEMENTS))
    ]


def _severity(found: list[Vulnerability]) -> str:
    """The highest severity of the scores or else the ratings; without these, of the stated impacts."""
    severity = scores.worst(
        scores.severity_of(each.scores) or read21.severity_of_rating(each) for each in found
    )
    return severity or scores.worst(map(scores.severity_of_impacts, found))
