"""Markdown becomes safe HTML once, when it is written. The one importer of bleach.

Raw HTML is off in the parser, bleach cleans last, and our own scheme check follows because
bleach lets `javascript:123` pass (docs/decisions/0002).
"""

import html
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from urllib.parse import urlsplit

import bleach
from bleach import html5lib_shim
from bleach._vendor.html5lib import getTreeBuilder
from bs4 import BeautifulSoup
from flask_babel import gettext as _
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from core import plain_tags

MARKUP_VERSION = 1
MAX_CHARACTERS, MAX_BYTES = 200_000, 600_000
MAX_HTML, MAX_ELEMENTS = 800_000, 40_000
MAX_HIGHLIGHTED = 60_000  # characters of code that are coloured in one text
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
SCHEMES = ("http", "https", "mailto")
TAGS = frozenset("a p br hr h1 h2 h3 h4 h5 h6 em strong s del ul ol li blockquote pre code kbd sup "
                 "sub table thead tbody tr th td div span".split())
CLASS = re.compile(r"(align-(left|center|right)|highlight|missing-image|language-[\w+#.-]{1,30}"
                   r"|[a-z][a-z0-9]{0,2})$")
HEADING_ID = re.compile(r"h-[\w-]{1,100}$")
MAX_NESTING = 20  # quotes count once, lists twice; what lies deeper is dropped by the parser


class TooLong(ValueError):
    """The text is over the size limit; the message says by how much."""


@dataclass(frozen=True)
class Rendered:
    """Markdown and what it became: `html` is safe to show, `version` says which rules made it."""

    source: str
    html: str
    version: int = MARKUP_VERSION


def _fence(self, tokens, index, options, env) -> str:
    """A fenced block, coloured by classes while its language is known and the text is not huge."""
    token = tokens[index]
    language = (token.info.split() or [""])[0].lower()
    code = token.content
    env["coloured"] = env.get("coloured", 0) + len(code)
    lexer = _lexer(language) if env["coloured"] <= MAX_HIGHLIGHTED else None
    code_html = highlight(code, lexer, _formatter) if lexer else html.escape(code)
    name = re.sub(r"[^\w+#.-]", "", language)[:30]
    css = f' class="language-{name}"' if name else ""
    return f'<div class="highlight"><pre><code{css}>{code_html}</code></pre></div>\n'


@lru_cache(maxsize=64)
def _lexer(language: str):
    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None


def _cell(self, tokens, index, options, env) -> str:
    """Alignment of a table cell as a class: `style` would not survive the policy."""
    token = tokens[index]
    style = token.attrGet("style") or ""
    align = re.search(r"text-align:\s*(left|center|right)", str(style))
    css = f' class="align-{align[1]}"' if align else ""
    return f"<{token.tag}{css}>"


def _image(self, tokens, index, options, env) -> str:
    """Remote images would tell others who reads what: they become links; missing ones are marked.

    Inside a link the picture's words are the link's words.
    """
    token = tokens[index]
    source = str(token.attrGet("src") or "")
    text = html.escape(self.renderInlineAsText(token.children or [], options, env) or "image")
    if source.startswith("missing:"):
        return f'<span class="missing-image">{text}</span>'
    return text if env.get("in_link") else f'<a href="{html.escape(source)}">{text}</a>'


def _link_edge(self, tokens, index, options, env) -> str:
    """The start or end of a link; what lies between must know that it is inside."""
    env["in_link"] = tokens[index].nesting > 0
    return self.renderToken(tokens, index, options, env)


_formatter = HtmlFormatter(nowrap=True)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    plain_tags.install(parser)
    validate = parser.validateLink
    parser.validateLink = lambda url: url.startswith("missing:") or validate(url)
    for rule, function in (("fence", _fence), ("th_open", _cell), ("td_open", _cell),
                           ("image", _image), ("link_open", _link_edge), ("link_close", _link_edge)):
        parser.add_render_rule(rule, function)
    return parser


_markdown = _parser()


def _allowed(tag: str, name: str, value: str) -> bool:
    if name == "class":
        return all(CLASS.match(word) for word in value.split())
    if tag == "a":
        return name in ("href", "title")
    if tag == "ol" and name == "start":
        return value.isdigit() and len(value) < 9
    return tag in ("h1", "h2", "h3", "h4", "h5", "h6") and name == "id" and bool(
        HEADING_ID.match(value))


class _Cleaner(bleach.Cleaner):
    """bleach over a tree whose siblings know each other.

    With its own tree every step looks a node up among all its siblings, which is quadratic: 200 KB
    of headings took 20 s (docs/decisions/0002).
    """

    def __init__(self) -> None:
        super().__init__(tags=TAGS, attributes=_allowed, protocols=SCHEMES, strip=True,
                         strip_comments=True)
        self.parser = html5lib_shim.BleachHTMLParser(
            tags=self.tags, strip=True, consume_entities=False, namespaceHTMLElements=False,
            tree=getTreeBuilder("dom"))
        walk = html5lib_shim.getTreeWalker("dom")
        self.walker = lambda tree: _joined(walk(tree))


def _joined(tokens: Iterable[dict]) -> Iterator[dict]:
    """Neighbouring pieces of text as one: bleach recognises an entity only when it is whole."""
    for kind, run in groupby(tokens, key=lambda token: token["type"]):
        if kind == "Characters":
            yield {"type": kind, "data": "".join(token["data"] for token in run)}
        else:
            yield from run


_threads = threading.local()


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
    outside = bool(re.match(r"(https?:)?//", url))
    return f'<a href="{match[1]}"' + (' rel="nofollow ugc noopener"' if outside else "")


def is_safe_url(url: str) -> bool:
    """Whether a link may stay: http, https, mailto, or a place on this site."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme.lower() in SCHEMES
    return ":" not in url.split("/")[0].split("?")[0].split("#")[0]


@lru_cache(maxsize=128)
def render(text: str) -> Rendered:
    """Markdown → safe HTML. Control characters are dropped.

    Raises TooLong over 200,000 characters or 600,000 bytes, and when the page would become huge.
    """
    text = CONTROL.sub("", text.replace("\r\n", "\n"))
    if len(text) > MAX_CHARACTERS or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise TooLong(_("Keep the text under %(n)s characters.", n=f"{MAX_CHARACTERS:,}"))
    dirty = _markdown.render(text)
    if len(dirty) > MAX_HTML or dirty.count("<") > 2 * MAX_ELEMENTS:
        raise TooLong(_("This becomes too large a page. Use less markup, or make two texts of it."))
    return Rendered(text, _finish(dirty))


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
    return [(int(tag.name[1]), tag["id"], tag.get_text())
            for tag in soup.find_all(re.compile(r"^h[1-6]$")) if tag.get("id")]
