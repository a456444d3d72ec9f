"""Markdown becomes safe HTML once, when it is written. The one importer of bleach.

Raw HTML is off in the parser, bleach cleans last, and our own scheme check follows because
bleach lets `javascript:123` pass (docs/decisions/0002). All of it under one budget of steps and processor
time: what costs more is refused (docs/decisions/0512).
"""

import html
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from urllib.parse import urlsplit

import bleach
from bleach import html5lib_shim
from bleach._vendor.html5lib import getTreeBuilder
from bs4 import BeautifulSoup
from flask import Flask, current_app, has_app_context
from flask_babel import gettext as _

from core.database.db import reading_beside
from core.limits.budgets import Budget, Spent
from core.markup import characters, markdown_links, markdown_rules
from core.markup.markdown_rules import MAX_NESTING

__all__ = ["MARKUP_VERSION", "MAX_NESTING", "Rendered", "TooComplex", "TooLong", "render"]

MARKUP_VERSION = 2
MAX_CHARACTERS, MAX_BYTES = 200_000, 600_000
MAX_HTML, MAX_ELEMENTS = 800_000, 40_000
MAX_STEPS = 1_200_000  # of the parser, the colours and the cleaner for one text
MAX_SECONDS = 2  # of processor time, for what costs more than its steps say; real texts take a quarter of it
STEPS_PER_ELEMENT, STEPS_PER_ATTRIBUTE, STEPS_PER_TEXT = 24, 24, 6  # in the cleaner
MAX_NAMES = 50  # of members that one text may link
SCHEMES = ("http", "https", "mailto")
TAGS = frozenset(
    "a p br hr h1 h2 h3 h4 h5 h6 em strong s del ul ol li blockquote pre code kbd sup "
    "sub table thead tbody tr th td div span".split()
)
CLASS = re.compile(
    r"(align-(left|center|right)|highlight|code-note|missing-image|language-[\w+#.-]{1,30}"
    r"|[a-z][a-z0-9]{0,2})$"
)
_INSTRUCTING = frozenset(f"{kind}_{end}" for kind in ("th", "td", "heading") for end in ("open", "close"))
_STEP = re.compile(r"[*_\s]*(?:\d|step\b)", re.IGNORECASE)  # how a paragraph begins that is a step
HEADING_ID = re.compile(r"h-[\w-]{1,100}$")


class TooLong(ValueError):
    """The text is over the size limit; the message says by how much."""


class TooComplex(TooLong):
    """The text would cost more work than a text may; the message says what to do."""


@dataclass(frozen=True)
class Rendered:
    """Markdown and what it became: `html` is safe to show, `version` says which rules made it."""

    source: str
    html: str
    version: int = MARKUP_VERSION


def is_safe_url(url: str) -> bool:
    """Whether a link may stay: http, https, mailto, or a place on this site."""
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
    if tag == "ol" and name == "start":
        return value.isdigit() and len(value) < 10
    return tag in ("h1", "h2", "h3", "h4", "h5", "h6") and name == "id" and bool(HEADING_ID.match(value))


_threads = threading.local()


class _CountedTree(getTreeBuilder("dom")):
    """A tree whose every element and piece of text is paid for by this thread's budget."""

    def createElement(self, token):
        _spend(STEPS_PER_ELEMENT)
        return super().createElement(token)

    def insertText(self, data, parent=None):
        _spend(STEPS_PER_TEXT)
        super().insertText(data, parent)


def _spend(steps: int) -> None:
    if budget := getattr(_threads, "budget", None):
        budget.spend(steps)


class _Cleaner(bleach.Cleaner):
    """bleach over a tree whose siblings know each other.

    With its own tree every step looks a node up among all its siblings, which is quadratic: 200 KB
    of headings took 20 s (docs/decisions/0002).
    """

    def __init__(self) -> None:
        super().__init__(tags=TAGS, attributes=_allowed, protocols=SCHEMES, strip=True, strip_comments=True)
        self.parser = html5lib_shim.BleachHTMLParser(
            tags=self.tags, strip=True, consume_entities=False, namespaceHTMLElements=False, tree=_CountedTree
        )
        walk = html5lib_shim.getTreeWalker("dom")
        self.walker = lambda tree: _joined(walk(tree))


def _joined(tokens: Iterable[dict]) -> Iterator[dict]:
    """Neighbouring pieces of text as one: bleach recognises an entity only when it is whole."""
    for kind, run in groupby(tokens, key=lambda token: token["type"]):
        _spend(STEPS_PER_TEXT)
        if kind == "Characters":
            yield {"type": kind, "data": "".join(token["data"] for token in run)}
        else:
            yield from run


def _clean(dirty: str) -> str:
    """Through this thread's cleaner: its parser has a state, so threads cannot share one."""
    if not hasattr(_threads, "cleaner"):
        _threads.cleaner = _Cleaner()
    return _threads.cleaner.clean(dirty)


def anchor(text: str, used: dict[str, int]) -> str:
    """The name of a heading with these words, after those already `used` in the text."""
    base = "h-" + (re.sub(r"[^\w]+", "-", text.lower()).strip("-")[:80] or "section")
    used[base] = used.get(base, 0) + 1
    return base if used[base] == 1 else f"{base}-{used[base] - 1}"


def _finish(dirty: str) -> str:
    """Name headings, clean, then check every link ourselves."""
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


def register_name_lookup(app: Flask, look_up: Callable[[list[str]], dict[str, str]]) -> None:
    """Let `look_up` say which of some lower-case names are members: {name: address of the profile}."""
    app.extensions["markup_names"] = look_up


def render(text: str) -> Rendered:
    """Markdown → safe HTML. Control characters become visible.

    Names of members that exist become links: one query, only for a text with an `@name`.
    Raises TooLong over 200,000 characters or 600,000 bytes and when the page would become huge, TooComplex
    when the work would exceed its budget.
    """
    text = characters.visible(text)
    if len(text) > MAX_CHARACTERS or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise TooLong(_("Keep the text under %(n)s characters.", n=f"{MAX_CHARACTERS:,}"))
    return _rendered(text, tuple(sorted(_members(text).items())))


def _members(text: str) -> dict[str, str]:
    names = markdown_links.possible_names(text, MAX_NAMES) if "@" in text and has_app_context() else []
    look_up = current_app.extensions.get("markup_names") if names else None
    if not look_up:
        return {}
    with reading_beside():
        return look_up(names)


@lru_cache(maxsize=128)
def _rendered(text: str, members: tuple[tuple[str, str], ...]) -> Rendered:
    try:
        return Rendered(text, _to_html(text, dict(members), Budget(MAX_STEPS, MAX_SECONDS)))
    except (Spent, RecursionError) as error:
        raise TooComplex(_("This text has too much markup. Use less, or split it into two texts.")) from error


def _to_html(text: str, members: dict[str, str], budget: Budget) -> str:
    """Safe HTML of `text`. Raises Spent, TooLong."""
    dirty = _markdown.render(text, markdown_rules.environment(budget, members))
    shown = len(dirty) + characters.MAX_DIRECTION_CHARACTERS * characters.directions(dirty)
    if shown > MAX_HTML or dirty.count("<") > 2 * MAX_ELEMENTS:
        raise TooLong(_("This page would be too large. Use less markup, or split it into two texts."))
    _threads.budget = budget
    try:
        return characters.show_directions(_finish(dirty))
    finally:
        _threads.budget = None


def work(text: str) -> int:
    """How many steps of its budget a text takes to become HTML. Raises Spent, TooLong."""
    budget = Budget(MAX_STEPS, MAX_SECONDS)
    _to_html(characters.visible(text), {}, budget)
    return budget.used


def to_text(rendered: str) -> str:
    """The words of safe HTML, without tags."""
    spaced = re.sub(r"</(p|li|h\d|tr|pre|blockquote|div)>|<br[^>]*>", "\n", rendered)
    return html.unescape(re.sub(r"<[^>]*>", "", spaced))


def excerpt(rendered: str, length: int = 200) -> str:
    """The first words of safe HTML, cut at a word."""
    words = " ".join(to_text(rendered[: length * 12]).split())
    return words if len(words) <= length else words[:length].rsplit(" ", 1)[0] + " …"


def headings(rendered: str) -> list[tuple[int, str, str]]:
    """(level, id, text) of each heading, for a table of contents."""
    soup = BeautifulSoup(rendered, "html.parser")
    return [
        (int(tag.name[1]), tag["id"], tag.get_text())
        for tag in soup.find_all(re.compile(r"^h[1-6]$"))
        if tag.get("id")
    ]


def instructions(text: str) -> list[str]:
    """What a reader of a Markdown text follows, in order.

    That is its code, in blocks and lines, the words of its list items, table cells and headings, and of
    paragraphs that begin with a number or "Step". A text whose parsing exceeds its budget counts as one.
    """
    found, items, others, text = [], 0, 0, characters.visible(text)
    try:
        tokens = _markdown.parse(text, markdown_rules.environment(Budget(MAX_STEPS, MAX_SECONDS), {}))
    except (Spent, RecursionError):
        return [text]
    for token in tokens:
        if token.type in ("list_item_open", "list_item_close"):
            items += token.nesting
        elif token.type in _INSTRUCTING:
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
