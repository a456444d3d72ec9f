"""Reads CycloneDX, JSON or XML, into the components it lists. Pure; everything in it is hostile."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from flask_babel import gettext as _

MAX_BYTES, MAX_COMPONENTS, MAX_DEPTH, MAX_TEXT = 8 * 1024 * 1024, 20_000, 60, 500
MAX_PARTS = 300_000  # objects and lists of JSON
MAX_ELEMENTS = 300_000  # of XML
MAX_ATTRIBUTES = 150_000  # counted by their equals signs, with those in texts
PART_BYTES = 65_536  # given to the parser at once
NAMESPACE = "http://cyclonedx.org/schema/bom/"
FIELDS = ("name", "group", "version", "purl", "cpe")
NESTING = {
    ("bom", "metadata"),
    ("bom", "components"),
    ("metadata", "component"),
    ("components", "component"),
    ("component", "components"),
}  # elements of XML that lead to components


class BadSbom(ValueError):
    """The file is no CycloneDX document that can be read; the message says what to send instead."""


@dataclass(frozen=True)
class Component:
    """One component as the document names it; what is absent is empty."""

    name: str
    group: str = ""
    version: str = ""
    purl: str = ""
    cpe: str = ""


def read(raw: bytes) -> list[Component]:
    """The components of a document, each once, in order. Raises BadSbom."""
    if len(raw) > MAX_BYTES:
        raise BadSbom(_("The file is larger than %(n)s MB.", n=MAX_BYTES // 1024**2))
    start = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{":
        found = _from_json(raw)
    elif start == b"<":
        found = _from_xml(raw)
    else:
        raise BadSbom(_("This is neither JSON nor XML. Send a CycloneDX document."))
    return list(dict.fromkeys(component for component in found if component.name or component.purl))


def _from_json(raw: bytes) -> list[Component]:
    if raw.count(b"{") + raw.count(b"[") > MAX_PARTS:
        raise BadSbom(_("The document has more than %(n)s objects and lists.", n=f"{MAX_PARTS:,}"))
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadSbom(_("The JSON is invalid.")) from error
    if document.get("bomFormat") != "CycloneDX":
        raise BadSbom(_("This JSON is not a CycloneDX document (see its bomFormat)."))
    if not isinstance(document.get("components", []), list):
        raise BadSbom(_("The components of this document are not a list."))
    metadata = document.get("metadata")
    return list(_walk([metadata.get("component") if isinstance(metadata, dict) else None, *_items(document)]))


def _items(thing: dict) -> list:
    items = thing.get("components")
    return items if isinstance(items, list) else []


class _XmlReader:
    """Takes components out of a document while it is parsed, without building a tree of it."""

    def __init__(self):
        self.space, self.states, self.elements = "", [], 0
        self.found: list[dict[str, str]] = []
        self.open: list[dict[str, str]] = []  # components inside one another
        self.text: list[str] = []

    def start(self, tag: str, attributes: dict) -> None:
        """An element begins. Raises BadSbom over a bound."""
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise BadSbom(_("The document has more than %(n)s elements.", n=f"{MAX_ELEMENTS:,}"))
        if len(self.states) >= MAX_DEPTH:
            raise BadSbom(_("The XML is nested too deeply."))
        self.states.append(self._state(tag))
        if self.states[-1] == "component":
            self.open.append({})
            self.found.append(self.open[-1])
            if len(self.found) > MAX_COMPONENTS:
                raise _too_many()
        self.text = []

    def _state(self, tag: str) -> str:
        """What an element is where it stands: one that means something to us, else nothing."""
        if not self.states:
            if not tag.startswith("{" + NAMESPACE) or not tag.endswith("}bom"):
                raise BadSbom(_("This XML is not a CycloneDX document (see its root element)."))
            self.space = tag.removesuffix("bom")
            return "bom"
        name = tag.removeprefix(self.space) if tag.startswith(self.space) else ""
        parent = self.states[-1]
        if parent == "component" and name in FIELDS:
            return "" if name in self.open[-1] else name
        return name if (parent, name) in NESTING else ""

    def data(self, text: str) -> None:
        """Text of an element, perhaps in parts."""
        if self.states[-1] in FIELDS:
            self.text.append(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        state = self.states.pop()
        if state in FIELDS:
            self.open[-1][state] = "".join(self.text)
        elif state == "component":
            self.open.pop()

    def close(self) -> list[dict[str, str]]:
        """The components as they stand in the document, parents first."""
        return self.found


def _from_xml(raw: bytes) -> list[Component]:
    """Entities, document types and deep nesting are refused while reading."""
    if raw.count(b"=") > MAX_ATTRIBUTES:
        raise BadSbom(_("The document has more than %(n)s attributes.", n=f"{MAX_ATTRIBUTES:,}"))
    try:
        parser = DefusedXMLParser(target=_XmlReader(), forbid_dtd=True)
        for start in range(0, len(raw), PART_BYTES):
            parser.feed(raw[start : start + PART_BYTES])
        found = parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        if isinstance(error, BadSbom):
            raise
        raise BadSbom(_("The XML is invalid, or has a document type or entities.")) from error
    return [_component(each) for each in found]


def _too_many() -> BadSbom:
    return BadSbom(_("The document lists more than %(n)s components.", n=f"{MAX_COMPONENTS:,}"))


def _component(thing: dict) -> Component:
    return Component(**{field: _text(thing.get(field)) for field in FIELDS})


def _walk(stack: list) -> Iterator[Component]:
    """Components of JSON and those inside them, parents first."""
    stack, count = stack[::-1], 0
    while stack:
        thing = stack.pop()
        if not isinstance(thing, dict):
            continue
        count += 1
        if count > MAX_COMPONENTS:
            raise _too_many()
        yield _component(thing)
        stack += reversed(_items(thing))


def _text(value: object) -> str:
    """One line of bounded length; anything but text counts as absent."""
    if not isinstance(value, str):
        return ""
    text = value[:MAX_TEXT]
    if not text.isprintable():
        text = "".join(c for c in text if c.isprintable() or c.isspace())
    return " ".join(text.split())
