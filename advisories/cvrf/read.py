"""Reads CVRF 1.1, the XML of Microsoft's patch months. Pure; everything in it is hostile.

A month is one advisory per vulnerability; another CVRF document is one advisory as a whole.
"""

import re
from dataclasses import replace
from datetime import datetime
from xml.etree.ElementTree import Element

from flask_babel import gettext as _

from advisories import scores
from advisories.advisory import Advisory, Note, RevisionEntry, Unusable
from advisories.csaf.category import category_of
from advisories.csaf.rules import NOTES, PUBLISHERS, STATES
from advisories.cvrf.read_products import Products
from advisories.cvrf.read_vulnerability import read_vulnerability, references
from advisories.cvrf.xml_values import XmlNode
from advisories.merging import Collected, merge
from advisories.reading import Log

MONTH = re.compile(r"(\d{4})-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(-[A-Z])?")
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DOMAIN = re.compile(r"@([\w-]+(?:\.[\w-]+)+)")


def read(root: Element) -> list[Advisory]:
    """The advisories of a document; a month without vulnerabilities has none. Raises Unusable."""
    log = Log()
    document = XmlNode(root, "/cvrfdoc", log)
    products = Products(document["ProductTree"], log)
    whole = _head(document, log)
    whole.notes = _notes(document)
    month: dict[str, Advisory] = {}
    collected = Collected(log)
    for node in document.each("Vulnerability"):
        if whole.month:
            _add_to_month(month, whole, node, products)
        else:
            collected.add(read_vulnerability(node, products, whole.publisher), node.place)
    if whole.month:
        for first in list(month.values())[:1]:
            first.warnings[:0] = log.warnings  # what is wrong with the whole month is told once
        return list(month.values())
    whole.products, whole.vulnerabilities = list(products.entries.values()), collected.found
    whole.severity = _severity(whole.vulnerabilities)
    whole.category = category_of(whole)
    return [whole]


def _head(document: XmlNode, log: Log) -> Advisory:
    tracking, publisher = document["DocumentTracking"], document["DocumentPublisher"]
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
    """The revisions in the order of time, counted from 1; the issuer's numbers are kept beside."""
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
    """Makes a vulnerability an advisory of its own: its identity is the CVE, or the ADV id."""
    log, node.log = node.log, Log()
    vulnerability = read_vulnerability(node, products, whole.publisher)
    identity = node["CVE"].line() or f"{whole.tracking_id}-{node.attribute('Ordinal') or len(month)}"
    if identity in month:
        advisory = month[identity]
        log.double(
            node.place, _("%(identity)s is described twice; the entries were merged", identity=identity)
        )
        merge(advisory.vulnerabilities[0], vulnerability)
    else:
        advisory = month[identity] = _part(whole, identity, vulnerability, _history(node))
    advisory.warnings += node.log.warnings
    advisory.products = [products.entries[name] for name in _named(advisory.vulnerabilities[0], products)]
    advisory.severity = _severity(advisory.vulnerabilities)
    advisory.category = category_of(advisory)


def _part(whole: Advisory, identity: str, vulnerability, history: list[RevisionEntry]) -> Advisory:
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


def _named(vulnerability, products: Products) -> list[str]:
    """The products that a vulnerability names, and what they are part of, in the document's order."""
    parts = (vulnerability.scores, vulnerability.remedies, vulnerability.threats, vulnerability.known_issues)
    wanted = {name for ids in vulnerability.status.values() for name in ids}
    wanted |= {name for part in parts for each in part for name in each.product_ids}
    waiting = list(wanted)
    while waiting:
        part_of = products.entries[waiting.pop()].part_of
        new = set(part_of[1:]) - wanted if part_of else set()
        wanted |= new
        waiting += new
    return sorted(wanted, key=products.order.__getitem__)


def _severity(vulnerabilities) -> str:
    """The worst severity that the issuer states, else the worst that the scores give."""
    return scores.worst(
        scores.severity_of_word(threat.details)
        for each in vulnerabilities
        for threat in each.threats
        if threat.category == "impact"
    ) or scores.worst(scores.severity_of(each.scores) for each in vulnerabilities)
