"""Read CVRF 1.1, the XML format of Microsoft's patch months. Pure; documents are untrusted.

A patch month has one advisory per vulnerability; any other CVRF document is one advisory.
"""

import re
from dataclasses import replace
from datetime import datetime
from xml.etree.ElementTree import Element

from flask_babel import gettext as _

from advisories import scores
from advisories.advisory import Advisory, Note, RevisionEntry, Unusable, Vulnerability
from advisories.completion import complete
from advisories.csaf.category import category_of
from advisories.csaf.rules import NOTES, PUBLISHERS, STATES
from advisories.cvrf.read_products import Products
from advisories.cvrf.read_vulnerability import read_vulnerability, references
from advisories.cvrf.xml_values import XmlNode
from advisories.merging import VulnerabilityCollector, merge
from advisories.parsing import Log

MONTH = re.compile(r"(\d{4})-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(-[A-Z])?")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DOMAIN = re.compile(r"@([\w-]+(?:\.[\w-]+)+)")


def read(root: Element) -> list[Advisory]:
    """Read the advisories of a document; a month without vulnerabilities has none. Raises Unusable."""
    log = Log()
    document = XmlNode(root, "/cvrfdoc", log)
    products = Products(document["ProductTree"], log)
    whole = _head(document, log)
    whole.notes = _notes(document)
    month: dict[str, Advisory] = {}
    collected = VulnerabilityCollector(log)
    for node in document.each("Vulnerability"):
        if whole.month:
            _add_to_month(month, whole, node, products)
        else:
            collected.add(read_vulnerability(node, products, whole.publisher), node.place)
    if whole.month:
        for advisory in month.values():
            complete(advisory)
        for first in list(month.values())[:1]:
            first.warnings[:0] = log.warnings  # warnings about the whole month appear once
        return list(month.values())
    whole.products = list(products.entries.values())
    whole.vulnerabilities = collected.found
    whole.severity = _severity(whole.vulnerabilities)
    complete(whole)
    whole.category = category_of(whole)
    return [whole]


def _head(document: XmlNode, log: Log) -> Advisory:
    tracking = document["DocumentTracking"]
    publisher = document["DocumentPublisher"]
    identity = tracking["Identification"]["ID"].line()
    if not identity:
        raise Unusable(_("/cvrfdoc/DocumentTracking/Identification/ID: missing"))
    contact = publisher["ContactDetails"].text()
    domain = match[1] if (match := _DOMAIN.search(contact)) else ""
    vendors = {
        branch.attribute("Name")
        for branch in document["ProductTree"].each("Branch")
        if branch.attribute("Type") == "Vendor"
    }
    name = vendors.pop() if len(vendors) == 1 else domain
    if not name:
        raise Unusable(_("/cvrfdoc/DocumentPublisher: no vendor and no address identify the publisher"))
    history = _history(document["DocumentTracking"])
    month = MONTH.fullmatch(identity)
    kind = publisher.attribute("Type").lower()
    state = tracking["Status"].line().lower()
    return Advisory(
        "cvrf",
        identity,
        document["DocumentTitle"].line() or identity,
        name,
        f"https://{domain}" if domain else "",
        kind if kind in PUBLISHERS else "other",
        contact,
        publisher["IssuingAuthority"].text(),
        status=state if state in STATES else "draft",
        version=str(len(history) or 1),
        distribution=document["DocumentDistribution"].text(),
        month=f"{month[1]}-{MONTHS.index(month[2]) + 1:02}" if month else "",
        initial_release_at=tracking["InitialReleaseDate"].time(),
        current_release_at=tracking["CurrentReleaseDate"].time(),
        history=history,
        references=references(document["DocumentReferences"]),
        warnings=log.warnings,
        aliases=[
            alias
            for node in tracking["Identification"].each("Alias")
            if (alias := node.line()) and alias != identity
        ],
    )


def _history(node: XmlNode) -> list[RevisionEntry]:
    """Revisions in chronological order, numbered from 1; the issuer's numbers are in `legacy`."""
    found: list[tuple[datetime, str, str]] = []
    for revision in node["RevisionHistory"].each("Revision"):
        at = revision["Date"].time()
        if at:
            found.append((at, revision["Number"].line(), revision["Description"].prose()))
        else:
            revision.log.warn(revision.place, _("a revision without a date was skipped"))
    found.sort(key=lambda entry: (entry[0], [int(part) for part in re.findall(r"\d{1,9}", entry[1])]))
    return [
        RevisionEntry(str(number), at, summary, legacy if legacy != str(number) else "")
        for number, (at, legacy, summary) in enumerate(found, 1)
    ]


def _notes(document: XmlNode) -> list[Note]:
    found = []
    for node in document["DocumentNotes"].each("Note"):
        category = node.attribute("Type").lower().replace(" ", "_")
        if text := node.prose():
            found.append(Note(category if category in NOTES else "other", text, node.attribute("Title")))
    return found


def _add_to_month(month: dict[str, Advisory], whole: Advisory, node: XmlNode, products: Products) -> None:
    """Add a vulnerability as an advisory of its own, identified by its CVE or ADV id."""
    log = node.log
    node.log = Log()
    vulnerability = read_vulnerability(node, products, whole.publisher)
    identity = node["CVE"].line() or f"{whole.tracking_id}-{node.attribute('Ordinal') or len(month)}"
    if identity in month:
        advisory = month[identity]
        log.duplicate(
            node.place, _("%(identity)s is described twice; the entries were merged", identity=identity)
        )
        merge(advisory.vulnerabilities[0], vulnerability)
    else:
        advisory = month[identity] = _part(whole, identity, vulnerability, _history(node))
    advisory.warnings += node.log.warnings
    advisory.products = [
        products.entries[name] for name in _used_products(advisory.vulnerabilities[0], products)
    ]
    advisory.severity = _severity(advisory.vulnerabilities)
    advisory.category = category_of(advisory)


def _part(
    whole: Advisory, identity: str, vulnerability: Vulnerability, history: list[RevisionEntry]
) -> Advisory:
    times = [entry.at for entry in history]
    if not history and (at := whole.current_release_at or whole.initial_release_at):
        history = [RevisionEntry("1", at, "Published.")]
    return replace(
        whole,
        tracking_id=identity,
        title=vulnerability.title or identity,
        aliases=[],
        version=str(len(history) or 1),
        history=history,
        vulnerabilities=[vulnerability],
        warnings=[],
        notes=[note for note in whole.notes if note.category == "legal_disclaimer"],
        references=list(whole.references),
        acknowledgments=[],
        initial_release_at=min(times, default=whole.initial_release_at),
        current_release_at=max(times, default=whole.current_release_at),
    )


def _used_products(vulnerability: Vulnerability, products: Products) -> list[str]:
    """Ids of products that a vulnerability names and of their platforms, in document order."""
    parts = (vulnerability.scores, vulnerability.remedies, vulnerability.threats, vulnerability.known_issues)
    used = {name for ids in vulnerability.status.values() for name in ids}
    used |= {name for part in parts for each in part for name in each.product_ids}
    pending = list(used)
    while pending:
        part_of = products.entries[pending.pop()].part_of
        new = set(part_of[1:]) - used if part_of else set()
        used |= new
        pending += new
    return sorted(used, key=products.order.__getitem__)


def _severity(vulnerabilities: list[Vulnerability]) -> str:
    """The highest severity that the issuer states, else that of the scores."""
    severity = scores.worst(map(scores.severity_of_impacts, vulnerabilities))
    return severity or scores.worst(scores.severity_of(each.scores) for each in vulnerabilities)
