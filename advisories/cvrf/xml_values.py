"""Safe access to untrusted XML: no document types or entities, bounded depth and number of elements."""

import io
from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from flask_babel import gettext as _

from advisories.advisory import Unusable
from advisories.parsing import MAX_DEPTH, MAX_ITEMS, Log

MAX_ELEMENTS = 2_000_000


def parse(data: bytes) -> Element:
    """Parse a document and return the root element; raises Unusable with the line of an error."""
    depth = 0
    count = 0
    root: Element | None = None
    try:
        events = iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True)
        for event, element in events:
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            count += event == "start"
            if depth > MAX_DEPTH or count > MAX_ELEMENTS:
                raise Unusable(
                    _(
                        "element %(number)s (%(name)s): the XML is nested deeper than %(depth)s, "
                        "or has more than %(n)s elements",
                        number=f"{count:,}",
                        name=local_name(element)[:60],
                        depth=MAX_DEPTH,
                        n=f"{MAX_ELEMENTS:,}",
                    )
                )
    except ParseError as error:
        line, column = error.position
        raise Unusable(
            _("line %(line)s, column %(column)s: the XML is broken", line=line, column=column)
        ) from error
    except DefusedXmlException as error:
        raise Unusable(_("the XML has a document type or entities, which are refused")) from error
    except (ValueError, LookupError) as error:
        raise Unusable(_("the encoding of the XML is unknown")) from error
    if root is None:
        raise Unusable(_("the XML is broken"))
    return root


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


class XmlNode:
    """An element, or an absent one, with its location for messages."""

    def __init__(self, element: Element | None, place: str, log: Log) -> None:
        self.element = element
        self.place = place
        self.log = log

    def __bool__(self) -> bool:
        return self.element is not None

    def __getitem__(self, name: str) -> "XmlNode":
        """The first child called `name`; an absent node when there is none."""
        return next(self.each(name), XmlNode(None, f"{self.place}/{name}", self.log))

    def each(self, name: str) -> Iterator["XmlNode"]:
        """Yield the children called `name`."""
        number = 0
        for child in self.element if self.element is not None else ():
            if local_name(child) == name:
                number += 1
                if number > MAX_ITEMS:
                    self.log.warn(
                        self.place,
                        _("only the first %(n)s of %(name)s are read", n=f"{MAX_ITEMS:,}", name=name),
                    )
                    return
                yield XmlNode(child, f"{self.place}/{name}[{number}]", self.log)

    def _raw(self) -> str:
        return "".join(self.element.itertext()) if self.element is not None else ""

    def attribute(self, name: str) -> str:
        """An attribute as one line."""
        if self.element is None:
            return ""
        return self.log.line(self.element.get(name) or "", f"{self.place}/@{name}")

    def line(self) -> str:
        """The content as one line."""
        return self.log.line(self._raw(), self.place)

    def text(self) -> str:
        """The content as text."""
        return self.log.text(self._raw(), self.place)

    def prose(self) -> str:
        """The content, which may be HTML, as Markdown."""
        return self.log.prose(self._raw(), self.place)

    def url(self) -> str:
        """The content as a URL."""
        return self.log.url(self._raw(), self.place)

    def number(self) -> float | None:
        """The content as a CVSS score from 0 to 10."""
        text = self.line()
        try:
            value = float(text) if text else None
        except ValueError:
            value = -1.0
        if value is None or 0 <= value <= 10:
            return value
        self.log.warn(self.place, _("not a score from 0 to 10"))
        return None

    def time(self) -> datetime | None:
        """The content as a time; Microsoft omits the zone and means UTC."""
        text = self.line()
        return self.log.time(text, self.place, zone_is_utc=True) if text else None
