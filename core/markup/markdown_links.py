"""Automatic links in Markdown: bare URLs, identifiers such as CVE ids, names of members.

URLs are found before emphasis, whose marks they may contain; identifiers and names after it, in the remaining
text. Never in code and never within a link.
"""

import re
from collections.abc import Iterator
from html import unescape
from itertools import groupby

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

MAX_ADDRESS_CHARACTERS = 2_000
MAX_BARE_LINKS = 2_000  # in one text; further ones stay text
STEPS_PER_TRY = 24  # for one possible link, and one for every LETTERS_PER_STEP
LETTERS_PER_STEP = 8
NAME = re.compile(r"(?<![\w@./-])@([a-z0-9][a-z0-9_-]{1,28}[a-z0-9])(?![\w@])", re.I | re.A)
IDENTIFIER = re.compile(
    r"(?:CVE-\d{4}-\d{4,19}|KB\d{6,8}|RB-\d{4}-\d{3,7}"
    r"|GHSA(?:-[0-9a-z]{4}){3})(?!-{0,8}\w|\.\w)",
    re.I | re.A,
)
PICTURE = re.compile(
    r"(?:https?://[^/\s]{1,255})?(?P<path>/attachments/(?P<key>[\w-]{16})/[^\s\"'<>()?#/\\]{1,400})", re.A
)
_PICTURE_KEY = re.compile(r"/attachments/([\w-]{16})/", re.A)
_PICTURE_ATTRIBUTES = {
    "src": re.compile(r"/attachments/[\w-]{16}/[^\s\"'<>()?#/\\]{1,400}", re.A),
    "width": re.compile(r"[0-9]{1,5}", re.A),
    "height": re.compile(r"[0-9]{1,5}", re.A),
    "loading": re.compile("lazy"),
    "decoding": re.compile("async"),
}
_START = re.compile(r"(?<![\w@])(?:(?P<identifier>(?:CVE-|KB\d|RB-|GHSA-))|(?P<name>@))", re.I | re.A)
_SCHEME = re.compile(r"(?<![\w@])(?:https?|mailto|www)\Z", re.I | re.A)
_MAX_SCHEME_CHARACTERS = 6
_AFTER_SCHEME = {"http": "://", "https": "://", "mailto": ":", "www": "."}
MAX_DELIMITERS = 64  # of emphasis that are examined before a URL
# Escaped punctuation and entities.
_WRITTEN = re.compile(
    r"\\([!-/:-@\[-`{-~])|(&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});)", re.I | re.A
)
_MARKS = re.compile(r"([*_~])\1*[^\w\s/*~]{0,3}\Z")
# A URL ends at white space, and at punctuation of scripts that put no space after it.
_END = re.compile(r"[\s،؛؟。、，；：！？（）「」『』【】《》]")
_CODE = re.compile(r"(?<!\\)(?:\\\\)*`")  # a backtick that is not escaped
_linkify = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False})


def install(parser: MarkdownIt) -> None:
    """Add the rules to `parser`; `env["names"]` has the URLs of members by lower-case name."""
    parser.core.ruler.before("text_join", "bare_links", _rule)
    parser.inline.ruler.before("newline", "bare_addresses", _bare_address)
    parser.inline.add_terminator_char(".")


def possible_names(text: str, limit: int) -> list[str]:
    """The names in `text` that may be members, in lower case, each once, up to `limit`."""
    names: dict[str, None] = {}
    for found in NAME.finditer(text):
        names[found[1].lower()] = None
        if len(names) >= limit:
            break
    return list(names)


def possible_pictures(text: str, limit: int) -> list[str]:
    """The keys of attachments in `text`, each once, up to `limit`."""
    keys: dict[str, None] = {}
    for found in _PICTURE_KEY.finditer(text) if "/attachments/" in text else ():
        keys[found[1]] = None
        if len(keys) >= limit:
            break
    return list(keys)


def is_picture_attribute(name: str, value: str) -> bool:
    """Whether this attribute of an `img` may stay: only pictures of this site are shown."""
    if name in ("alt", "title"):
        return True
    return name in _PICTURE_ATTRIBUTES and _PICTURE_ATTRIBUTES[name].fullmatch(value) is not None


def identifier_address(identifier: str) -> str:
    """The path of the page of an identifier."""
    word = identifier.upper()
    return f"/identifiers/{'GHSA' + word[4:].lower() if word.startswith('GHSA') else word}"


def _rule(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = list(_linked(state, token.children))


def _linked(state: StateCore, tokens: list[Token]) -> Iterator[Token]:
    """The tokens with links in their text; adjacent text tokens are searched as one text."""
    in_link = 0
    run: list[Token] = []
    for token in [*tokens, None]:
        if token is not None and token.type in ("text", "text_special"):
            run.append(token)
            continue
        if run:
            yield from run if in_link else _split(state, run)
            run = []
        if token is not None:
            in_link += (token.type == "link_open") - (token.type == "link_close")
            yield token


def _split(state: StateCore, run: list[Token]) -> Iterator[Token]:
    text = "".join(token.content for token in run)
    level = run[0].level
    escaped: set[int] = set()
    length = 0
    for token in run:
        if token.type == "text_special" and token.info == "escape":
            escaped.add(length)
        length += len(token.content)
    last = 0
    for start, end, address in _found(state, text, escaped):
        if start > last:
            yield _text(text[last:start], level)
        opening = Token("link_open", "a", 1, attrs={"href": address}, level=level, info="auto")
        closing = Token("link_close", "a", -1, level=level, info="auto")
        yield from (opening, _text(text[start:end], level + 1), closing)
        last = end
    if last < len(text):
        yield _text(text[last:], level)


def _text(words: str, level: int) -> Token:
    return Token("text", "", 0, content=words, level=level)


def _found(state: StateCore, text: str, escaped: set[int]) -> Iterator[tuple[int, int, str]]:
    """Start, end and URL of each link; not for a text with a backslash before its first character."""
    env = state.env
    last = 0
    for start in _START.finditer(text):
        at = start.start()
        if at < last or at in escaped or env["bare_links"] >= MAX_BARE_LINKS:
            continue
        env["budget"].spend(STEPS_PER_TRY)
        address = None
        if start.lastgroup == "identifier":
            if found := IDENTIFIER.match(text, at):
                address = identifier_address(found[0])
        elif found := NAME.match(text, at):
            address = env["names"].get(found[1].lower())
        if found and address:
            last = found.end()
            env["bare_links"] += 1
            yield at, last, address


def _bare_address(state: StateInline, silent: bool) -> bool:
    """Inline rule for a URL whose scheme was just read; marks of emphasis in it belong to it."""
    at = state.pos
    text = state.src
    env = state.env
    if silent or text[at] not in ":." or env["bare_links"] >= MAX_BARE_LINKS:
        return False
    found = _SCHEME.search(text, max(0, at - _MAX_SCHEME_CHARACTERS - 1), at)
    if (
        not found
        or not text.startswith(_AFTER_SCHEME[found[0].lower()], at)
        or not state.pending.endswith(found[0])
    ):
        return False
    start = at - len(found[0])
    paragraph, end = env["too_long"]
    if paragraph is text and start < end:
        return False
    env["budget"].spend(STEPS_PER_TRY)
    link = _address(state, text[start : min(state.posMax, start + MAX_ADDRESS_CHARACTERS + 1)])
    if not link:
        return False
    length, words, address = link
    state.pending = state.pending[: -len(found[0])]
    if state.linkLevel:
        state.pending += words
    else:
        env["bare_links"] += 1
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": address}
        opening.info = "auto"
        state.push("text", "", 0).content = words
        state.push("link_close", "a", -1).info = "auto"
    state.pos = start + length
    return True


def _address(state: StateInline, part: str) -> tuple[int, str, str] | None:
    """The URL at the beginning of `part`: its length as typed, its text, and its normalized form."""
    if end := _END.search(part):
        part = part[: end.start()]
    if code := _CODE.search(part):
        part = part[: code.end() - 1]
    if (end := part.find("](")) >= 0:  # the words of a link, or of an image
        opening = part.rfind("[", 0, end)
        part = part[:opening].removesuffix("!") if opening >= 0 else part[:end]
    if len(part) > MAX_ADDRESS_CHARACTERS:
        rest = _END.search(state.src, state.pos + MAX_ADDRESS_CHARACTERS)
        state.env["too_long"] = state.src, rest.start() if rest else len(state.src)
        return None
    state.env["budget"].spend(len(part) // LETTERS_PER_STEP)
    part = part[: _end_before_marks(state, part)]
    plain, places = _as_meant(part)
    if end := _END.search(plain):
        plain = plain[: end.start()]
    added = "http://" if plain[:4].lower() == "www." else ""
    found = _linkify.match_at_start(added + plain)
    length = found.last_index - len(added) if found else 0
    if not found or (added and "." not in plain[4:length]):
        return None
    address = state.md.normalizeLink(found.url)
    return (places[length], plain[:length], address) if state.md.validateLink(address) else None


def _as_meant(part: str) -> tuple[str, list[int]]:
    """The text without escapes and entities, and for each of its positions the position in `part`."""
    plain: list[str] = []
    places: list[int] = []
    last = 0
    for found in [*_WRITTEN.finditer(part), None]:
        end = found.start() if found else len(part)
        plain.append(part[last:end])
        places += range(last, end)
        if found:
            meant = found[1] or unescape(found[0])
            plain.append(meant)
            places += [found.start()] * len(meant)
            last = found.end()
    return "".join(plain), [*places, len(part)]


def _end_before_marks(state: StateInline, part: str) -> int:
    """Where a URL ends when emphasis that began before it ends with it."""
    end = len(part)
    delimiters = state.delimiters[-MAX_DELIMITERS:]
    if not delimiters:
        return end
    state.env["budget"].spend(len(delimiters) // LETTERS_PER_STEP)
    opened = {mark for mark in "*_~" if _is_open(delimiters, ord(mark))}
    for mark in opened:
        double = part.find(mark * 2)
        end = min(end, double) if double >= 0 else end
    while (found := _MARKS.search(part, max(0, end - 8), end)) and found[1] in opened:
        end = found.start()
    return end


def _is_open(delimiters: list[Delimiter], marker: int) -> bool:
    """Whether a mark is open after these delimiters. A run may close earlier ones, but not itself."""
    count = 0
    marks = [delimiter for delimiter in delimiters if delimiter.marker == marker]
    for _run, members in groupby(enumerate(marks), key=lambda each: each[1].token - each[0]):
        run = [delimiter for _index, delimiter in members]
        closed = min(count, len(run)) if run[0].close else 0
        count -= closed
        if run[0].open:
            count += len(run) - closed
    return count > 0
