"""Safe access to untrusted documents: values of any type may be read without an error.

What is left out is logged as a warning with its location: a JSON pointer or the path of an element.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask_babel import gettext as _

from advisories.addresses import is_web_address, percent_encode
from advisories.advisory import Unusable
from core.markup import html_to_markdown

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 60
MAX_TEXT_LENGTH = 100_000  # characters
MAX_LINE_LENGTH = 1_000  # characters
MAX_ITEMS = 50_000  # products, vulnerabilities, remedies … of one list
MAX_PRODUCTS = 100_000
MAX_REFERENCES = 2_000_000  # product ids named in one document, groups spread out
MAX_WARNINGS = 200
MAX_TAGS = 2_000  # of one text
MAX_DOCUMENT_TAGS = 200_000  # of all texts of a document
MAX_DUPLICATES = 200
# a text is HTML if it has a closing tag, a line break or an entity: a single "<b>" may be its subject
_MARKUP = re.compile(
    r"</(?:p|ul|ol|li|a|div|strong|b|em|i|code|pre|span|h[1-6]|table|tr|td|blockquote)\s*>"
    r"|<(?:br|p|hr)\b[^<>]{0,500}>|&(?:nbsp|amp|lt|gt|quot|apos|#\d{1,6});",
    re.I,
)
_TAG = re.compile(r"<[^<>]*>")
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass
class Log:
    """Warnings of a reader, and counters for its limits."""

    warnings: list[str] = field(default_factory=list)
    references: int = 0
    tags: int = 0
    duplicates: int = 0
    is_markdown: bool = False  # whether texts are Markdown for certain, in a document of this software

    def warn(self, place: str, message: str) -> None:
        """Add a warning; after MAX_WARNINGS, one last line says that there are more."""
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(f"{place[:200] or '/'}: {message}")
        elif len(self.warnings) == MAX_WARNINGS:
            self.warnings.append(_("…: more of this kind follow"))

    def count_references(self, references: int) -> None:
        """Count product references; raises Unusable above MAX_REFERENCES."""
        self.references += references
        if self.references > MAX_REFERENCES:
            raise Unusable(_("the document names products more than %(n)s times", n=f"{MAX_REFERENCES:,}"))

    def count_products(self, products: int) -> None:
        """Raise Unusable above MAX_PRODUCTS."""
        if products > MAX_PRODUCTS:
            raise Unusable(_("the document has more than %(n)s products", n=f"{MAX_PRODUCTS:,}"))

    def duplicate(self, place: str, message: str) -> None:
        """Warn of a repeated entry; raises Unusable above MAX_DUPLICATES."""
        self.warn(place, message)
        self.duplicates += 1
        if self.duplicates > MAX_DUPLICATES:
            raise Unusable(
                _("%(place)s: more than %(n)s things that are described twice", place=place, n=MAX_DUPLICATES)
            )

    def text(self, value: str, place: str, max_length: int = MAX_TEXT_LENGTH) -> str:
        """`value` without control characters; truncated to `max_length` characters, with a warning."""
        value = _CONTROL_CHARACTERS.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
        if len(value) > max_length:
            self.warn(place, _("only the first %(n)s characters are kept", n=f"{max_length:,}"))
            value = value[:max_length].rstrip()
        return value

    def line(self, value: str, place: str, max_length: int = MAX_LINE_LENGTH) -> str:
        """`value` as one line."""
        return " ".join(self.text(value, place, max_length).split())

    def prose(self, value: str, place: str) -> str:
        """A text that may be HTML, as Markdown."""
        is_html = not self.is_markdown and _MARKUP.search(value)
        return self.html(value, place) if is_html else self.text(value, place)

    def html(self, value: str, place: str) -> str:
        """HTML as Markdown; above the limits of tags or nesting, tags are only removed."""
        value = self.text(value, place)
        tags = value.count("<")
        self.tags += tags
        if tags > MAX_TAGS or self.tags > MAX_DOCUMENT_TAGS:
            return self.text(_TAG.sub(" ", value), place)
        try:
            return self.text(html_to_markdown.convert(value), place)
        except RecursionError:
            return self.text(_TAG.sub(" ", value), place)

    def url(self, value: str, place: str) -> str:
        """A URL, or an empty string with a warning."""
        value = percent_encode(self.text(value, place))
        if value and not is_web_address(value):
            self.warn(place, _("not a web address: %(value)s", value=repr(value[:60])))
            return ""
        return value

    def time(self, value: str, place: str, *, zone_is_utc: bool = False) -> datetime | None:
        """An ISO 8601 time in UTC; None with a warning when invalid.

        A time without a zone counts as UTC, with a warning unless `zone_is_utc`.
        """
        try:
            at = datetime.fromisoformat(value.strip())
            if at.tzinfo is None:
                if not zone_is_utc:
                    self.warn(place, _("a time without a time zone, read as UTC"))
                at = at.replace(tzinfo=UTC)
            return at.astimezone(UTC)
        except (ValueError, OverflowError):
            self.warn(place, _("not a date and time: %(value)s", value=repr(value[:40])))
            return None


class Node:
    """A value of a JSON document with its JSON pointer."""

    def __init__(self, value: object, place: str, log: Log) -> None:
        self.value = value
        self.place = place
        self.log = log

    def __bool__(self) -> bool:
        return self.value is not None

    def __getitem__(self, key: str) -> "Node":
        """The member `key`; an empty node when there is none or this is not an object."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(value, f"{self.place}/{key.replace('~', '~0').replace('/', '~1')}", self.log)

    def __iter__(self) -> Iterator["Node"]:
        """Yield the objects in this list; other items are left out with a warning."""
        for item in self._items():
            if isinstance(item.value, dict):
                yield item
            else:
                self.log.warn(item.place, _("must be an object"))

    def _items(self) -> Iterator["Node"]:
        if self.value is None:
            return
        if not isinstance(self.value, list):
            self.log.warn(self.place, _("must be a list"))
            return
        if len(self.value) > MAX_ITEMS:
            self.log.warn(self.place, _("only the first %(n)s entries are read", n=f"{MAX_ITEMS:,}"))
        for number, value in enumerate(self.value[:MAX_ITEMS]):
            yield Node(value, f"{self.place}/{number}", self.log)

    def _string(self, key: str) -> tuple[str, str] | None:
        """(text under `key`, its location), or None, with a warning when it is not text."""
        node = self[key]
        if isinstance(node.value, str):
            return node.value, node.place
        if node.value is not None:
            self.log.warn(node.place, _("must be text"))
        return None

    def text(self, key: str) -> str:
        """The text under `key`."""
        found = self._string(key)
        return self.log.text(*found) if found else ""

    def prose(self, key: str) -> str:
        """The text under `key` as Markdown, if it is HTML."""
        found = self._string(key)
        return self.log.prose(*found) if found else ""

    def html(self, key: str) -> str:
        """The HTML under `key` as Markdown."""
        found = self._string(key)
        return self.log.html(*found) if found else ""

    def line(self, key: str) -> str:
        """The text under `key` as one line."""
        found = self._string(key)
        return self.log.line(*found) if found else ""

    def url(self, key: str) -> str:
        """The URL under `key`."""
        found = self._string(key)
        return self.log.url(*found) if found else ""

    def time(self, key: str, *, zone_is_utc: bool = False) -> datetime | None:
        """The time under `key`."""
        found = self._string(key)
        return self.log.time(*found, zone_is_utc=zone_is_utc) if found else None

    def choice(self, key: str, choices: Collection[str], default: str = "") -> str:
        """The text under `key` if it is one of `choices`, else `default`, with a warning."""
        word = self.line(key)
        if word in choices:
            return word
        if word:
            self.log.warn(
                self[key].place,
                _("%(word)s is not one of %(choices)s", word=repr(word[:40]), choices=", ".join(choices)),
            )
        return default

    def score(self, key: str) -> float | None:
        """The CVSS score under `key`: a number from 0 to 10."""
        value = self[key].value
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 10:
            return float(value)
        if value is not None:
            self.log.warn(self[key].place, _("not a score from 0 to 10"))
        return None

    def lines(self, key: str) -> tuple[str, ...]:
        """The distinct texts in the list under `key`, each as one line."""
        found = []
        for item in self[key]._items():
            if isinstance(item.value, str):
                found.append(self.log.line(item.value, item.place))
            else:
                self.log.warn(item.place, _("must be text"))
        return tuple(dict.fromkeys(filter(None, found)))
