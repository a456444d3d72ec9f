"""Careful hands for documents from outside: whatever a value is, asking for it is safe.

Every reader notes what it had to leave out, with the place: a JSON pointer or the path of an element.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask_babel import gettext as _

from advisories.addresses import is_web_address, tidy
from advisories.advisory import Unusable
from core.markup import html_to_markdown

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 60
MAX_TEXT, MAX_LINE = 100_000, 1_000
MAX_ITEMS = 50_000  # products, vulnerabilities, remedies … of one list
MAX_PRODUCTS = 100_000
MAX_REFERENCES = 2_000_000  # product ids named in one document, groups spread out
MAX_WARNINGS = 200
MAX_MARKUP, MAX_MARKUP_IN_ALL = 2_000, 200_000  # tags in one text, in a document
MAX_DOUBLES = 200
# a text is HTML when something is closed or broken off in it, or escaped: "<b>" alone may be what it is about
_MARKUP = re.compile(
    r"</(?:p|ul|ol|li|a|div|strong|b|em|i|code|pre|span|h[1-6]|table|tr|td|blockquote)\s*>"
    r"|<(?:br|p|hr)\b[^<>]{0,500}>|&(?:nbsp|amp|lt|gt|quot|apos|#\d{1,6});",
    re.I,
)
_TAG = re.compile(r"<[^<>]*>")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass
class Log:
    """What a reader warns of, and how much it has read."""

    warnings: list[str] = field(default_factory=list)
    references: int = 0
    tags: int = 0
    doubles: int = 0

    def warn(self, place: str, words: str) -> None:
        """Notes a fault; after MAX_WARNINGS one last line says that there are more."""
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(f"{place[:200] or '/'}: {words}")
        elif len(self.warnings) == MAX_WARNINGS:
            self.warnings.append(_("…: more of this kind follow"))

    def count(self, references: int) -> None:
        """Adds named products. Raises Unusable when a document names absurdly many."""
        self.references += references
        if self.references > MAX_REFERENCES:
            raise Unusable(_("the document names products more than %(n)s times", n=f"{MAX_REFERENCES:,}"))

    def count_products(self, products: int) -> None:
        """Raises Unusable when a document has absurdly many products."""
        if products > MAX_PRODUCTS:
            raise Unusable(_("the document has more than %(n)s products", n=f"{MAX_PRODUCTS:,}"))

    def double(self, place: str, words: str) -> None:
        """Notes that something comes a second time. Raises Unusable when that never ends."""
        self.warn(place, words)
        self.doubles += 1
        if self.doubles > MAX_DOUBLES:
            raise Unusable(
                _("%(place)s: more than %(n)s things that are described twice", place=place, n=MAX_DOUBLES)
            )

    def text(self, value: str, place: str, longest: int = MAX_TEXT) -> str:
        """`value` without characters that are no text; what is too long is cut, with a warning."""
        value = _NO_TEXT.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
        if len(value) > longest:
            self.warn(place, _("only the first %(n)s characters are kept", n=f"{longest:,}"))
            value = value[:longest].rstrip()
        return value

    def line(self, value: str, place: str, longest: int = MAX_LINE) -> str:
        """`value` as one line."""
        return " ".join(self.text(value, place, longest).split())

    def prose(self, value: str, place: str) -> str:
        """A text in which the issuer may have used HTML, as Markdown."""
        return self.html(value, place) if _MARKUP.search(value) else self.text(value, place)

    def html(self, value: str, place: str) -> str:
        """A text that is HTML, as Markdown; what is too deep or too much to convert keeps its words only."""
        value = self.text(value, place)
        tags = value.count("<")
        self.tags += tags
        if tags > MAX_MARKUP or self.tags > MAX_MARKUP_IN_ALL:
            return self.text(_TAG.sub(" ", value), place)
        try:
            return self.text(html_to_markdown.convert(value), place)
        except RecursionError:
            return self.text(_TAG.sub(" ", value), place)

    def url(self, value: str, place: str) -> str:
        """A web address, or nothing with a warning."""
        value = tidy(self.text(value, place))
        if value and not is_web_address(value):
            self.warn(place, _("not a web address: %(value)s", value=repr(value[:60])))
            return ""
        return value

    def time(self, value: str, place: str, *, zone_is_utc: bool = False) -> datetime | None:
        """A time of ISO 8601 in UTC. One without a zone counts as UTC, with a warning unless the
        format is known for it.
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
    """A value of a JSON document together with its JSON pointer."""

    def __init__(self, value: object, place: str, log: Log):
        self.value, self.place, self.log = value, place, log

    def __bool__(self) -> bool:
        return self.value is not None

    def __getitem__(self, key: str) -> "Node":
        """The member `key`; an empty node when there is none or this is no object."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(value, f"{self.place}/{key.replace('~', '~0').replace('/', '~1')}", self.log)

    def __iter__(self) -> Iterator["Node"]:
        """The objects in this list; anything else is left out with a warning."""
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

    def _string(self, key: str) -> "Node | None":
        node = self[key]
        if node.value is None or isinstance(node.value, str):
            return node if node.value is not None else None
        self.log.warn(node.place, _("must be text"))
        return None

    def text(self, key: str) -> str:
        """The text under `key`, as it is."""
        node = self._string(key)
        return self.log.text(node.value, node.place) if node else ""

    def prose(self, key: str) -> str:
        """The text under `key` as Markdown, if it is HTML."""
        node = self._string(key)
        return self.log.prose(node.value, node.place) if node else ""

    def html(self, key: str) -> str:
        """The HTML under `key` as Markdown."""
        node = self._string(key)
        return self.log.html(node.value, node.place) if node else ""

    def line(self, key: str) -> str:
        """The text under `key` as one line."""
        node = self._string(key)
        return self.log.line(node.value, node.place) if node else ""

    def url(self, key: str) -> str:
        """The web address under `key`."""
        node = self._string(key)
        return self.log.url(node.value, node.place) if node else ""

    def time(self, key: str, *, zone_is_utc: bool = False) -> datetime | None:
        """The time under `key`."""
        node = self._string(key)
        return self.log.time(node.value, node.place, zone_is_utc=zone_is_utc) if node else None

    def choice(self, key: str, choices, default: str = "") -> str:
        """The word under `key` if it is one of `choices`."""
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
        """The texts in the list under `key`, each once and one line."""
        found = []
        for item in self[key]._items():
            if isinstance(item.value, str):
                found.append(self.log.line(item.value, item.place))
            else:
                self.log.warn(item.place, _("must be text"))
        return tuple(dict.fromkeys(filter(None, found)))
