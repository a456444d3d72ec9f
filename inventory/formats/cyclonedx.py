"""CycloneDX 1.0 to 1.7, JSON and XML."""

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from flask_babel import gettext as _

from inventory.formats.component import MAX_COMPONENTS, BadDocument, Component, line, too_many

MAX_DEPTH = 60  # of XML
MAX_ELEMENTS = 800_000  # of XML
MAX_ATTRIBUTES = 400_000  # estimated by the number of equals signs
CHUNK_BYTES = 65_536  # fed to the parser at once
NAMESPACE = "http://cyclonedx.org/schema/bom/"
TEXTS = {
    "name": "name",
    "group": "group",
    "version": "version",
    "purl": "purl",
    "cpe": "cpe",
    "publisher": "vendor",
}  # field of a component by element of XML
NESTING = {
    ("bom", "metadata"),
    ("bom", "components"),
    ("metadata", "component"),
    ("components", "component"),
    ("component", "components"),
    ("component", "supplier"),
}  # elements of XML that lead to components
SUPPLIER_NAME = "supplier name"


def is_cyclonedx(document: dict) -> bool:
    """Whether a JSON object is a CycloneDX document."""
    return document.get("bomFormat") == "CycloneDX"


def from_json(document: dict) -> Iterator[Component]:
    """Yield the components of a CycloneDX document; raises BadDocument."""
    if str(document.get("specVersion", "1.")).split(".")[0] != "1":
        raise BadDocument(
            _(
                "This version of CycloneDX is not read. Send 1.7 or earlier "
                "(cyclonedx convert --output-version v1_7)."
            )
        )
    if not isinstance(document.get("components", []), list):
        raise BadDocument(_("The components of this document are not a list."))
    metadata = document.get("metadata")
    own = metadata.get("component") if isinstance(metadata, dict) else None
    yield from _walk([own, *_items(document)])


def _items(thing: dict) -> list:
    items = thing.get("components")
    return items if isinstance(items, list) else []


class _XmlReader:
    """Parser target that collects components without building a tree."""

    def __init__(self) -> None:
        self.namespace = ""
        self.states: list[str] = []
        self.elements = 0
        self.found: list[dict[str, str]] = []
        self.open: list[dict[str, str]] = []  # nested components
        self.text: list[str] = []

    def start(self, tag: str, attributes: dict) -> None:
        """Handle the start of an element; raises BadDocument above a limit."""
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise BadDocument(_("The document has more than %(n)s elements.", n=f"{MAX_ELEMENTS:,}"))
        if len(self.states) >= MAX_DEPTH:
            raise BadDocument(_("The XML is nested too deeply."))
        self.states.append(self._state(tag))
        if self.states[-1] == "component":
            self.open.append({})
            self.found.append(self.open[-1])
            if len(self.found) > MAX_COMPONENTS:
                raise too_many()
        self.text = []

    def _state(self, tag: str) -> str:
        """The name of an element if it is known in its parent, else an empty string."""
        if not self.states:
            if not tag.startswith("{" + NAMESPACE) or not tag.endswith("}bom"):
                raise BadDocument(_("This XML is not a CycloneDX document (see its root element)."))
            self.namespace = tag.removesuffix("bom")
            return "bom"
        name = tag.removeprefix(self.namespace) if tag.startswith(self.namespace) else ""
        parent = self.states[-1]
        if parent == "component" and name in TEXTS:
            return "" if TEXTS[name] in self.open[-1] else name
        if parent == "supplier" and name == "name":
            return "" if "vendor" in self.open[-1] else SUPPLIER_NAME
        return name if (parent, name) in NESTING else ""

    def data(self, text: str) -> None:
        """Handle text of an element, possibly in several parts."""
        if self.states[-1] in TEXTS or self.states[-1] == SUPPLIER_NAME:
            self.text.append(text)

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        state = self.states.pop()
        if state in TEXTS or state == SUPPLIER_NAME:
            self.open[-1][TEXTS.get(state, "vendor")] = "".join(self.text)
        elif state == "component":
            self.open.pop()

    def close(self) -> list[dict[str, str]]:
        """The components in document order, parents first."""
        return self.found


def from_xml(raw: bytes) -> list[Component]:
    """The components of a CycloneDX document in XML; raises BadDocument.

    Entities, document types and deep nesting are refused while reading.
    """
    if raw.count(b"=") > MAX_ATTRIBUTES:
        raise BadDocument(_("The document has more than %(n)s attributes.", n=f"{MAX_ATTRIBUTES:,}"))
    try:
        reader = _XmlReader()
        parser = DefusedXMLParser(target=reader, forbid_dtd=True)
        for start in range(0, len(raw), CHUNK_BYTES):
            parser.feed(raw[start : start + CHUNK_BYTES])
        parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        if isinstance(error, BadDocument):
            raise
        raise BadDocument(_("The XML is invalid, or has a document type or entities.")) from error
    return [_component(each) for each in reader.found]


def _component(thing: Mapping[str, object]) -> Component:
    supplier = thing.get("supplier")
    vendor = thing.get("vendor") or thing.get("publisher")
    if not vendor and isinstance(supplier, dict):
        vendor = supplier.get("name")
    return Component(
        name=line(thing.get("name")),
        group=line(thing.get("group")),
        version=line(thing.get("version")),
        purl=line(thing.get("purl")),
        cpe=line(thing.get("cpe")),
        vendor=line(vendor),
    )


def _walk(stack: list) -> Iterator[Component]:
    """Yield components of JSON and nested ones, parents first."""
    stack = stack[::-1]
    count = 0
    while stack:
        thing = stack.pop()
        if not isinstance(thing, dict):
            continue
        count += 1
        if count > MAX_COMPONENTS:
            raise too_many()
        yield _component(thing)
        stack += reversed(_items(thing))
