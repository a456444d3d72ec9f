"""What becomes a link without being written as one: bare addresses, identifiers, names of members.

Works on the text of a paragraph after emphasis was found, never in code and never within a link.
"""

import re
from collections.abc import Iterator

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

MAX_ADDRESS_CHARACTERS = 2_000
MAX_BARE_LINKS = 2_000  # in one text; what comes after them stays text
STEPS_PER_TRY = 24  # what a look at one possible link costs, beside one for every LETTERS_PER_STEP
LETTERS_PER_STEP = 8
NAME = re.compile(r"(?<![\w@./-])@([a-z0-9][a-z0-9_-]{1,28}[a-z0-9])(?![\w@])", re.I | re.A)
IDENTIFIER = re.compile(r"(?:CVE-\d{4}-\d{4,19}|KB\d{6,8}|RB-\d{4}-\d{3,7}"
                        r"|GHSA(?:-[0-9a-z]{4}){3})(?!-{0,8}\w|\.\w)", re.I | re.A)
_START = re.compile(r"(?<![\w@])(?:(?P<address>https?://|mailto:|www\.)|(?P<identifier>(?:CVE-|KB\d|RB-|GHSA-))"
                    r"|(?P<name>@))", re.I | re.A)
# An address ends at white space, and at the punctuation of scripts that follows one without a space.
_END = re.compile(r"[\s،؛؟。、，；：！？（）「」『』【】《》]")
_linkify = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False})


def install(parser: MarkdownIt) -> None:
    """Teach `parser`; `env["names"]` holds the members that may be linked, {lower-case name: address}."""
    parser.core.ruler.before("text_join", "bare_links", _rule)


def possible_names(text: str, most: int) -> list[str]:
    """Names that `text` may call, in lower case, each once, no more than `most`."""
    names: dict[str, None] = {}
    for found in NAME.finditer(text):
        names[found[1].lower()] = None
        if len(names) >= most:
            break
    return list(names)


def identifier_address(identifier: str) -> str:
    """The page that leads to what is known about an identifier."""
    word = identifier.upper()
    return f"/identifiers/{'GHSA' + word[4:].lower() if word.startswith('GHSA') else word}"


def _rule(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = list(_linked(state, token.children))


def _linked(state: StateCore, tokens: list[Token]) -> Iterator[Token]:
    """The tokens with links in their text; neighbouring pieces of text are looked at as one."""
    in_link, run = 0, []
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
    text, level, escaped, length = "".join(token.content for token in run), run[0].level, set(), 0
    for token in run:
        if token.type == "text_special" and token.info == "escape":
            escaped.add(length)
        length += len(token.content)
    last = 0
    for start, end, address in _found(state, text, escaped):
        if start > last:
            yield _text(text[last:start], level)
        opening, closing = Token("link_open", "a", 1), Token("link_close", "a", -1)
        opening.attrs, opening.level, closing.level = {"href": address}, level, level
        opening.info = closing.info = "auto"
        yield from (opening, _text(text[start:end], level + 1), closing)
        last = end
    if last < len(text):
        yield _text(text[last:], level)


def _text(words: str, level: int) -> Token:
    token = Token("text", "", 0)
    token.content, token.level = words, level
    return token


def _found(state: StateCore, text: str, escaped: set[int]) -> Iterator[tuple[int, int, str]]:
    """(start, end, address) of each link; a backslash before its first character says that it is none."""
    env, last = state.env, 0
    for start in _START.finditer(text):
        at = start.start()
        if at < last or at in escaped or env["bare_links"] >= MAX_BARE_LINKS:
            continue
        env["budget"].spend(STEPS_PER_TRY)
        kind, link = start.lastgroup, None
        if kind == "address":
            link = _address(state, text, at)
        elif kind == "identifier":
            found = IDENTIFIER.match(text, at)
            link = found and (found.end(), identifier_address(found[0]))
        elif (found := NAME.match(text, at)) and (address := env["names"].get(found[1].lower())):
            link = found.end(), address
        if link:
            last = link[0]
            env["bare_links"] += 1
            yield at, *link


def _address(state: StateCore, text: str, at: int) -> tuple[int, str] | None:
    """(end, address) of the web or mail address at `at`."""
    part = text[at:at + MAX_ADDRESS_CHARACTERS + 1]
    if end := _END.search(part):
        part = part[:end.start()]
    if len(part) > MAX_ADDRESS_CHARACTERS:
        return None
    state.env["budget"].spend(len(part) // LETTERS_PER_STEP)
    added = "http://" if part[:4].lower() == "www." else ""
    found = _linkify.match_at_start(added + part)
    if not found or (added and "." not in part[4:found.last_index - len(added)]):
        return None
    address = state.md.normalizeLink(found.url)
    return (at + found.last_index - len(added), address) if state.md.validateLink(address) else None
