"""Read the JSON of Microsoft's security update API. Pure; documents are untrusted.

It has the members of CVRF with numbers instead of words: it becomes CVRF elements and is read as such, so
that the JSON and the XML of a month are the same advisories.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement

from flask_babel import gettext as _

from advisories.advisory import Advisory, Unusable
from advisories.cvrf import read as read_cvrf
from advisories.cvrf.xml_values import MAX_ELEMENTS
from advisories.parsing import MAX_DEPTH

VENDOR = "Microsoft"
# The numbers of the enumerations of the API, in the order of CVRF 1.1
STATES = ("Draft", "Interim", "Final")
PUBLISHERS = ("Vendor", "Discoverer", "Coordinator", "User", "Other")
BRANCHES = ("Vendor", "Product Family")
NOTES = (
    "General",
    "Details",
    "Description",
    "Summary",
    "FAQ",
    "Legal Disclaimer",
    "Other",
    "Tag",
    "CNA",
)
STATUSES = (
    "First Affected",
    "First Fixed",
    "Fixed",
    "Known Affected",
    "Known Not Affected",
    "Last Affected",
    "Recommended",
)
THREATS = ("Impact", "Exploit Status", "Target Set", "Severity")
REMEDIATIONS = ("Workaround", "Mitigation", "Vendor Fix", "None Available", "Will Not Fix", "Known Issue")


def is_msrc(document: dict) -> bool:
    """Whether a parsed document is CVRF as JSON."""
    return isinstance(document.get("DocumentTracking"), dict) and (
        "ProductTree" in document or "Vulnerability" in document or "DocumentPublisher" in document
    )


def read(document: dict) -> list[Advisory]:
    """Read the advisories of a month, one per vulnerability; raises Unusable."""
    advisories = read_cvrf.read(_Builder().document(document))
    for advisory in advisories:
        advisory.format = "msrc"
    if not advisories:
        raise Unusable(_("/Vulnerability: this month has no vulnerabilities"))
    return advisories


def _items(value: object, key: str) -> Iterator[dict]:
    """Yield the objects in the list under a key; anything else is left out."""
    items = value.get(key) if isinstance(value, dict) else None
    yield from (item for item in items if isinstance(item, dict)) if isinstance(items, list) else ()


def _text(value: object, key: str) -> str:
    """The text under a key, which may be in an object {"Value": …}; numbers as text."""
    inner = value.get(key) if isinstance(value, dict) else None
    if isinstance(inner, dict):
        inner = inner.get("Value")
    if isinstance(inner, bool) or not isinstance(inner, str | int | float):
        return ""
    return str(inner)


def _word(value: dict, key: str, words: tuple[str, ...], default: str) -> str:
    """The word for a number, or the word itself."""
    number = value.get(key)
    if isinstance(number, bool):
        return default
    if isinstance(number, int):
        return words[number] if 0 <= number < len(words) else f"type {number}"
    return number if isinstance(number, str) and number else default


class _Builder:
    """Builds elements, at most MAX_ELEMENTS."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, parent: Element, name: str, text: str = "", **attributes: str) -> Element:
        """Add an element; raises Unusable above MAX_ELEMENTS."""
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise Unusable(_("more than %(n)s elements", n=f"{MAX_ELEMENTS:,}"))
        element = SubElement(parent, name, {key: value for key, value in attributes.items() if value})
        element.text = text
        return element

    def copy(self, parent: Element, value: object, *names: str) -> None:
        """Add an element for each of these members that has a text."""
        for name in names:
            if text := _text(value, name):
                self.add(parent, name, text)

    def document(self, document: dict) -> Element:
        """The root element of a document."""
        root = Element("cvrfdoc")
        self.copy(root, document, "DocumentTitle", "DocumentType", "DocumentDistribution")
        publisher = document.get("DocumentPublisher")
        publisher = publisher if isinstance(publisher, dict) else {}
        element = self.add(
            root, "DocumentPublisher", Type=_word(publisher, "Type", PUBLISHERS, PUBLISHERS[0])
        )
        self.copy(element, publisher, "ContactDetails", "IssuingAuthority")
        self.tracking(root, document["DocumentTracking"])
        self.notes(self.add(root, "DocumentNotes"), document, "DocumentNotes")
        self.references(self.add(root, "DocumentReferences"), document, "DocumentReferences")
        tree = self.add(root, "ProductTree")
        self.products(tree, document.get("ProductTree"))
        if not tree.findall("Branch") and not _text(publisher, "ContactDetails"):
            self.add(tree, "Branch", Type="Vendor", Name=VENDOR)  # the API has documents of nobody else
        for number, item in enumerate(_items(document, "Vulnerability")):
            self.vulnerability(root, item, number)
        return root

    def tracking(self, root: Element, tracking: dict) -> None:
        """Add the identity, state and dates."""
        element = self.add(root, "DocumentTracking")
        identification = tracking.get("Identification")
        self.copy(self.add(element, "Identification"), identification, "ID", "Alias")
        self.add(element, "Status", _word(tracking, "Status", STATES, STATES[-1]))
        self.copy(element, tracking, "Version", "InitialReleaseDate", "CurrentReleaseDate")
        self.revisions(element, tracking)

    def revisions(self, parent: Element, value: dict) -> None:
        """Add a revision history."""
        history = self.add(parent, "RevisionHistory")
        for item in _items(value, "RevisionHistory"):
            self.copy(self.add(history, "Revision"), item, "Number", "Date", "Description")

    def notes(self, parent: Element, value: dict, key: str) -> None:
        """Add notes."""
        for item in _items(value, key):
            self.add(
                parent,
                "Note",
                _text(item, "Value"),
                Type=_word(item, "Type", NOTES, "Other"),
                Title=_text(item, "Title"),
                Audience=_text(item, "Audience"),
            )

    def references(self, parent: Element, value: dict, key: str) -> None:
        """Add references."""
        for item in _items(value, key):
            self.copy(self.add(parent, "Reference"), item, "URL", "Description")

    def products(self, parent: Element, tree: object) -> None:
        """Add the branches and products of a tree."""
        for item in _items(tree, "Branch"):
            self.branch(parent, item, 1)
        for item in _items(tree, "FullProductName"):
            self.product(parent, item)

    def branch(self, parent: Element, value: dict, depth: int) -> None:
        """Add a branch, or a product in a branch."""
        if depth > MAX_DEPTH:
            raise Unusable(_("/ProductTree: branches are nested too deeply"))
        if "ProductID" in value:
            self.product(parent, value)
            return
        element = self.add(
            parent,
            "Branch",
            Type=_word(value, "Type", BRANCHES, BRANCHES[-1]),
            Name=_text(value, "Name"),
        )
        for item in _items(value, "Items"):
            self.branch(element, item, depth + 1)

    def product(self, parent: Element, value: dict) -> None:
        """Add a product."""
        self.add(
            parent,
            "FullProductName",
            _text(value, "Value"),
            ProductID=_text(value, "ProductID"),
            CPE=_text(value, "CPE"),
        )

    def product_ids(self, parent: Element, value: dict) -> None:
        """Add the ids of products."""
        ids = value.get("ProductID")
        for item in ids if isinstance(ids, list) else ():
            if isinstance(item, str):
                self.add(parent, "ProductID", item)

    def vulnerability(self, root: Element, value: dict, number: int) -> None:
        """Add a vulnerability."""
        element = self.add(root, "Vulnerability", Ordinal=_text(value, "Ordinal") or str(number))
        self.copy(element, value, "Title", "CVE", "DiscoveryDate", "ReleaseDate")
        self.notes(self.add(element, "Notes"), value, "Notes")
        for item in list(_items(value, "CWE"))[:1] or [value.get("CWE")]:
            if isinstance(item, dict):
                self.add(element, "CWE", _text(item, "Value"), ID=_text(item, "ID"))
        statuses = self.add(element, "ProductStatuses")
        for item in _items(value, "ProductStatuses"):
            kind = _word(item, "Type", STATUSES, "Known Affected")
            self.product_ids(self.add(statuses, "Status", Type=kind), item)
        threats = self.add(element, "Threats")
        for item in _items(value, "Threats"):
            threat = self.add(threats, "Threat", Type=_word(item, "Type", THREATS, THREATS[0]))
            self.copy(threat, item, "Description", "Date")
            self.product_ids(threat, item)
        sets = self.add(element, "CVSSScoreSets")
        for item in _items(value, "CVSSScoreSets"):
            score = self.add(sets, "ScoreSet")
            self.copy(score, item, "BaseScore", "TemporalScore", "Vector")
            self.product_ids(score, item)
        self.remediations(self.add(element, "Remediations"), value)
        self.references(self.add(element, "References"), value, "References")
        self.acknowledgments(self.add(element, "Acknowledgments"), value)
        self.revisions(element, value)

    def remediations(self, parent: Element, value: dict) -> None:
        """Add remediations."""
        names = ("Description", "URL", "Supercedence", "Date", "RestartRequired", "SubType", "FixedBuild")
        for item in _items(value, "Remediations"):
            remedy = self.add(parent, "Remediation", Type=_word(item, "Type", REMEDIATIONS, ""))
            self.copy(remedy, item, *names)
            self.product_ids(remedy, item)

    def acknowledgments(self, parent: Element, value: dict) -> None:
        """Add acknowledgments."""
        for item in _items(value, "Acknowledgments"):
            thanks = self.add(parent, "Acknowledgment")
            for key in ("Name", "URL"):
                values = item.get(key)
                for each in values if isinstance(values, list) else ():
                    text = each if isinstance(each, str) else _text(each, "Value")
                    if text:
                        self.add(thanks, key, text)
