"""Reads CycloneDX, JSON or XML, into the components it lists. Pure; everything in it is hostile."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from flask_babel import gettext as _

MAX_BYTES, MAX_COMPONENTS, MAX_DEPTH, MAX_TEXT = 8 * 1024 * 1024, 20_000, 60, 500
NAMESPACE = "http://cyclonedx.org/schema/bom/"
FIELDS = ("name", "group", "version", "purl", "cpe")


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
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadSbom(_("The JSON cannot be read.")) from error
    if document.get("bomFormat") != "CycloneDX":
        raise BadSbom(_("This JSON is no CycloneDX document (its bomFormat says otherwise)."))
    metadata = document.get("metadata")
    return _walk([metadata.get("component") if isinstance(metadata, dict) else None,
                  *_items(document)], _items, dict.get)


def _items(thing: dict) -> list:
    items = thing.get("components")
    return items if isinstance(items, list) else []


def _from_xml(raw: bytes) -> list[Component]:
    root = _tree(raw)
    if not root.tag.startswith("{" + NAMESPACE) or not root.tag.endswith("}bom"):
        raise BadSbom(_("This XML is no CycloneDX document (its root element says otherwise)."))
    space = root.tag.removesuffix("bom")

    def items(element: Element) -> list[Element]:
        return element.findall(f"{space}components/{space}component")

    described = root.find(f"{space}metadata/{space}component")
    return _walk([described, *items(root)], items, lambda element, field: element.findtext(space + field))


def _tree(raw: bytes) -> Element:
    """The root element; entities, document types and deep nesting are refused while reading."""
    depth = 0
    try:
        events = iterparse(io.BytesIO(raw), events=("start", "end"), forbid_dtd=True)
        for event, _element in events:
            depth += 1 if event == "start" else -1
            if depth > MAX_DEPTH:
                raise BadSbom(_("The XML is nested too deep."))
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        if isinstance(error, BadSbom):
            raise
        raise BadSbom(_("The XML cannot be read, or has a document type or entities.")) from error
    return events.root


def _walk(things: list, items, get) -> list[Component]:
    """Components and those inside them, parents first."""
    return list(_components(list(reversed(things)), items, get))


def _components(stack: list, items, get) -> Iterator[Component]:
    count = 0
    while stack:
        thing = stack.pop()
        if not isinstance(thing, (dict, Element)):
            continue
        count += 1
        if count > MAX_COMPONENTS:
            raise BadSbom(_("The document lists more than %(n)s components.", n=f"{MAX_COMPONENTS:,}"))
        yield Component(**{field: _text(get(thing, field)) for field in FIELDS})
        stack += reversed(items(thing))


def _text(value: object) -> str:
    """One line of bounded length; anything but text counts as absent."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(c for c in value[:MAX_TEXT] if c.isprintable() or c.isspace()).split())
