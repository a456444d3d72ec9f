"""The only HTML the Markdown parser knows: <kbd>, <sub>, <sup> in pairs and <br>, without attributes."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

MAX_CONTENT_CHARACTERS = 2000  # up to the closing tag; limits the work on thousands of opening ones
TAG = re.compile(r"<(kbd|su[bp])>|<br */?>")


def install(parser: MarkdownIt) -> None:
    """Add the rule to `parser`. Its tokens have no attributes, so nothing else reaches the page."""
    parser.inline.ruler.after("autolink", "plain_tag", _rule)


def _rule(state: StateInline, silent: bool) -> bool:
    found = TAG.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    name = found[1]
    if name is None:
        if not silent:
            state.push("hardbreak", "br", 0)
        state.pos = found.end()
        return True
    closing = f"</{name}>"
    last = state.posMax
    end = state.src.find(closing, found.end(), min(last, found.end() + MAX_CONTENT_CHARACTERS))
    if end < 0:
        return False
    if not silent:
        state.push("plain_tag_open", name, 1)
        state.pos = found.end()
        state.posMax = end
        state.md.inline.tokenize(state)
        state.push("plain_tag_close", name, -1)
    state.pos = end + len(closing)
    state.posMax = last
    return True
