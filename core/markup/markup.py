"""Renders Markdown to safe HTML, once, when it is written. The only module that imports bleach.

Raw HTML is disabled in the parser, bleach cleans the result, and a check of URL schemes follows, because
bleach accepts `javascript:123` (docs/decisions/0002). One budget of steps and processor time limits all of
it: texts that exceed it are refused (docs/decisions/0512).
"""

import html
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

import bleach
from bleach import html5lib_shim
from bleach._vendor.html5lib import getTreeBuilder, getTreeWalker
from bs4 import BeautifulSoup
from flask import has_app_context
from flask_babel import gettext as _

from core.database.db import read_without_flush
from core.limits.budgets import Budget, BudgetExceeded
from core.markup import characters, markdown_links, markdown_rules
from core.markup.markdown_rules import MAX_NESTING
from core.registry import Registry

__all__ = ["MARKUP_VERSION", "MAX_NESTING", "Rendered", "TooComplex", "TooLong", "render"]

MARKUP_VERSION = 2
MAX_CHARACTERS = 200_000  # of the source
MAX_BYTES = 600_000
MAX_HTML_CHARACTERS = 800_000
MAX_ELEMENTS = 40_000
MAX_STEPS = 1_200_000  # of the parser, the highlighter and the cleaner for one text
MAX_SECONDS = 2  # of processor time, for unexpectedly slow steps; real texts take a quarter of it
STEPS_PER_ELEMENT = 24  # of the cleaner, as are the next two
STEPS_PER_ATTRIBUTE = 24
STEPS_PER_TEXT = 6
MAX_NAMES = 50  # of members that are looked up for one text
MAX_PICTURES = 200  # that are looked up for one text
SCHEMES = ("http", "https", "mailto")
TAGS = frozenset(
    "a p br hr h1 h2 h3 h4 h5 h6 em strong s del ul ol li blockquote pre code kbd sup "
    "sub table thead tbody tr th td div span img".split()
)
CLASS = re.compile(
    r"(align-(left|center|right)|highlight|code-note|missing-image|language-[\w+#.-]{1,30}"
    r"|[a-z][a-z0-9]{0,2})$"
)
_INSTRUCTION_TOKENS = frozenset(
    f"{kind}_{end}" for kind in ("th", "td", "heading") for end in ("open", "close")
)
_STEP = re.compile(r"[*_\s]*(?:\d|step\b)", re.IGNORECASE)  # the beginning of a paragraph that is a step
HEADING_ID = re.compile(r"h-[\w-]{1,100}$")

NameLookup = Callable[[list[str]], dict[str, str]]
PictureLookup = Callable[[list[str]], dict[str, tuple[int, int]]]
_name_lookups: Registry[NameLookup, str] = Registry("name_lookups")  # name by function
_picture_lookups: Registry[PictureLookup, str] = Registry("picture_lookups")  # name by function


class TooLong(ValueError):
    """The text is over a size limit; the message names it."""


class TooComplex(TooLong):
    """The text exceeds the budget of work; the message says what to do."""


@dataclass(frozen=True)
class Rendered:
    """Markdown and its safe HTML; `version` is that of the rules that rendered it."""

    source: str
    html: str
    version: int = MARKUP_VERSION


def is_safe_url(url: str) -> bool:
    """Whether a link is allowed: http, https, mailto, or relative to this site."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme.lower() in SCHEMES
    return ":" not in url.split("/", maxsplit=1)[0].split("?", maxsplit=1)[0].split("#", maxsplit=1)[0]


_markdown = markdown_rules.parser(is_safe_url)


def _allowed(tag: str, name: str, value: str) -> bool:
    _spend(STEPS_PER_ATTRIBUTE)
    if name == "class":
        return all(CLASS.match(word) for word in value.split())
    if tag == "a":
        return name in ("href", "title")
    if tag == "img":
        return markdown_links.is_picture_attribute(name, value)
    if tag == "ol" and name == "start":
        return value.isdigit() and len(value) < 10
    return tag in ("h1", "h2", "h3", "h4", "h5", "h6") and name == "id" and bool(HEADING_ID.match(value))


_threads = threading.local()


_DomTree: Any = getTreeBuilder("dom")


class _CountedTree(_DomTree):
    """A DOM tree builder that counts elements and texts in this thread's budget."""

    def createElement(self, token: dict) -> Any:
        """Create an element. Raises BudgetExceeded."""
        _spend(STEPS_PER_ELEMENT)
        return super().createElement(token)

    def insertText(self, data: str, parent: Any = None) -> None:
        """Insert a text. Raises BudgetExceeded."""
        _spend(STEPS_PER_TEXT)
        super().insertText(data, parent)


def _spend(steps: int) -> None:
    if budget := getattr(_threads, "budget", None):
        budget.spend(steps)


class _Cleaner(bleach.Cleaner):
    """bleach with a DOM tree, whose nodes are linked to their siblings.

    bleach's own tree searches a node among all its siblings at every step, which is quadratic: 200 KB of
    headings took 20 s (docs/decisions/0002).
    """

    def __init__(self) -> None:
        super().__init__(tags=TAGS, attributes=_allowed, protocols=SCHEMES, strip=True, strip_comments=True)
        self.parser = html5lib_shim.BleachHTMLParser(
            tags=self.tags, strip=True, consume_entities=False, namespaceHTMLElements=False, tree=_CountedTree
        )
        walk: Any = getTreeWalker("dom")
        self.walker: Any = lambda tree: _joined(walk(tree))


def _joined(tokens: Iterable[dict]) -> Iterator[dict]:
    """Merge adjacent texts: bleach recognises an entity only within one text."""
    for kind, run in groupby(tokens, key=lambda token: token["type"]):
        _spend(STEPS_PER_TEXT)
        if kind == "Characters":
            yield {"type": kind, "data": "".join(token["data"] for token in run)}
        else:
            yield from run


def _clean(dirty: str) -> str:
    """Clean with the cleaner of this thread: its parser has state, so threads cannot share one."""
    if not hasattr(_threads, "cleaner"):
        _threads.cleaner = _Cleaner()
    return _threads.cleaner.clean(dirty)


def anchor(text: str, used: dict[str, int]) -> str:
    """The id of a heading with this text, unique among the `used` ones, to which it is added."""
    base = "h-" + (re.sub(r"[^\w]+", "-", text.lower()).strip("-")[:80] or "section")
    used[base] = used.get(base, 0) + 1
    return base if used[base] == 1 else f"{base}-{used[base] - 1}"


def _finish(dirty: str) -> str:
    """Add ids to headings, clean with bleach, then check every link."""
    used: dict[str, int] = {}

    def name(match: re.Match) -> str:
        plain = html.unescape(re.sub(r"<[^>]*>", "", match[2]))
        return f'<{match[1]} id="{anchor(plain, used)}">{match[2]}</{match[1]}>'

    named = re.sub(r"<(h[1-6])>(.*?)</\1>", name, dirty, flags=re.S)
    return re.sub(r'<a href="([^"]*)"', _link, _clean(named))


def _link(match: re.Match) -> str:
    url = html.unescape(match[1])
    if not is_safe_url(url):
        return "<a"
    outside = bool(re.match(r"https?:|//", url, re.I))
    return f'<a href="{match[1]}"' + (' rel="nofollow ugc noopener"' if outside else "")


def register_name_lookup(lookup: NameLookup) -> NameLookup:
    """Decorator: the function returns the profile addresses of those lower-case names that are members."""
    _name_lookups.add(lookup, lookup.__qualname__)
    return lookup


def register_picture_lookup(lookup: PictureLookup) -> PictureLookup:
    """Decorator: the function returns (width, height) in pixels of those keys that are stored pictures."""
    _picture_lookups.add(lookup, lookup.__qualname__)
    return lookup


def render(text: str) -> Rendered:
    """Render Markdown to safe HTML with visible control characters.

    `@name` becomes a link if it is a member, `![](/attachments/…)` a picture if it is stored here: one
    query each, only for texts with such a name or address. Raises TooLong over MAX_CHARACTERS, MAX_BYTES
    or when the HTML would be too large, TooComplex when the budget is exceeded.
    """
    text = characters.visible(text)
    if len(text) > MAX_CHARACTERS or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise TooLong(_("Keep the text under %(n)s characters.", n=f"{MAX_CHARACTERS:,}"))
    return _rendered(text, tuple(sorted(_members(text).items())), tuple(sorted(_pictures(text).items())))


def _members(text: str) -> dict[str, str]:
    names = markdown_links.possible_names(text, MAX_NAMES) if "@" in text and has_app_context() else []
    if not (names and _name_lookups):
        return {}
    with read_without_flush():
        return {name: address for lookup in _name_lookups for name, address in lookup(names).items()}


def _pictures(text: str) -> dict[str, tuple[int, int]]:
    keys = markdown_links.possible_pictures(text, MAX_PICTURES) if has_app_context() else []
    if not (keys and _picture_lookups):
        return {}
    with read_without_flush():
        return {key: size for lookup in _picture_lookups for key, size in lookup(keys).items()}


@lru_cache(maxsize=128)
def _rendered(
    text: str,
    members: tuple[tuple[str, str], ...],
    pictures: tuple[tuple[str, tuple[int, int]], ...],
) -> Rendered:
    budget = Budget(MAX_STEPS, MAX_SECONDS)
    try:
        return Rendered(text, _to_html(text, budget, dict(members), dict(pictures)))
    except (BudgetExceeded, RecursionError) as error:
        raise TooComplex(_("This text has too much markup. Use less, or split it into two texts.")) from error


def _to_html(
    text: str,
    budget: Budget,
    members: dict[str, str] | None = None,
    pictures: dict[str, tuple[int, int]] | None = None,
) -> str:
    """Safe HTML of `text`. Raises BudgetExceeded, TooLong."""
    dirty = _markdown.render(text, markdown_rules.environment(budget, members or {}, pictures))
    shown = len(dirty) + characters.MAX_DIRECTION_CHARACTERS * characters.count_directions(dirty)
    if shown > MAX_HTML_CHARACTERS or dirty.count("<") > 2 * MAX_ELEMENTS:
        raise TooLong(_("This page would be too large. Use less markup, or split it into two texts."))
    _threads.budget = budget
    try:
        return characters.show_directions(_finish(dirty))
    finally:
        _threads.budget = None


def count_steps(text: str) -> int:
    """The steps of the budget that rendering `text` takes. Raises BudgetExceeded, TooLong."""
    budget = Budget(MAX_STEPS, MAX_SECONDS)
    _to_html(characters.visible(text), budget)
    return budget.used


def to_text(rendered: str) -> str:
    """The text of safe HTML, without tags."""
    spaced = re.sub(r"</(p|li|h\d|tr|pre|blockquote|div)>|<br[^>]*>", "\n", rendered)
    return html.unescape(re.sub(r"<[^>]*>", "", spaced))


def excerpt(rendered: str, length: int = 200) -> str:
    """The beginning of the text of safe HTML, cut at a word."""
    words = " ".join(to_text(rendered[: length * 12]).split())
    return words if len(words) <= length else words[:length].rsplit(" ", 1)[0] + " …"


def headings(rendered: str) -> list[tuple[int, str, str]]:
    """Level, id and text of each heading, for a table of contents."""
    soup = BeautifulSoup(rendered, "html.parser")
    return [
        (int(tag.name[1]), str(tag["id"]), tag.get_text())
        for tag in soup.find_all(re.compile(r"^h[1-6]$"))
        if tag.get("id")
    ]


def instructions(text: str) -> list[str]:
    """The instructions in a Markdown text, in order.

    They are its code blocks and spans, the texts of its list items, table cells and headings, and of
    paragraphs that begin with a number or "Step". A text that exceeds the budget counts as one instruction.
    """
    found: list[str] = []
    items = 0
    others = 0
    text = characters.visible(text)
    try:
        tokens = _markdown.parse(text, markdown_rules.environment(Budget(MAX_STEPS, MAX_SECONDS), {}))
    except (BudgetExceeded, RecursionError):
        return [text]
    for token in tokens:
        if token.type in ("list_item_open", "list_item_close"):
            items += token.nesting
        elif token.type in _INSTRUCTION_TOKENS:
            others += token.nesting
        elif token.type in ("fence", "code_block"):
            found.append(token.content.rstrip())
        elif token.type == "inline":
            if items or others or _STEP.match(token.content):
                found.append(" ".join(token.content.split()))
            if items:
                continue
            found += [part.content for part in token.children or () if part.type == "code_inline"]
    return found
