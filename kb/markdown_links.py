"""Markdown files of elsewhere: simple HTML made Markdown, links found outside code and rewritten.

The text is taken apart where our own parser sees blocks, so a backtick in one paragraph never
meets one in the next, and code of every kind is left alone.
"""

import re
from collections.abc import Callable, Iterator
from itertools import groupby

from markdown_it import MarkdownIt

from core.html_to_markdown import convert
from core.markup import MAX_NESTING

CODE = r"(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
ATOM = r"[^\[\]\\`]|\\.|`+[^`]*`+"  # of a link's words: a character, an escaped one, a code span


def _beside_spans(pattern: str) -> re.Pattern:
    """`pattern`, or a code span that begins before it could."""
    return re.compile(rf"(?P<span>{CODE})|{pattern}", re.S | re.I)


LINK = _beside_spans(
    rf"(?<!\\)(?P<bang>!?)\[(?P<words>(?:{ATOM}|\[(?:{ATOM})*\])*)\]"
    r"\(\s*(?:<(?P<pointed>[^>\n]+)>|(?P<bare>[^\s()<]+(?:\([^\s()]*\)[^\s()]*)*))"
    r"(?P<title>\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*\)")
ANCHOR = _beside_spans(
    r"<a\b[^<>]{0,300}?\bhref=(?P<quote>[\"'])(?P<href>[^\"'<>]+)(?P=quote)[^<>]{0,300}>"
    r"(?P<inner>(?:(?!</?a\b).){0,2000})</a>")
PLAIN = _beside_spans(rf"(?:(?!{CODE.replace('ticks', 'more')}).)+")
REFERENCE = re.compile(
    r"^([ >]{0,9}\[[^\]^][^\]]*\]:[ \t]*\n?[ \t]*)(?:<([^>\n]*)>|([^\s<]\S*))(.*)$", re.M)
HTML_BLOCK = re.compile(r"^ {0,3}<(table|ul|ol|dl|pre|blockquote|h[1-6])\b[^<>]*>", re.M | re.I)
HEADING = re.compile(r"[ >]*#")
CUSTOM_ANCHOR = re.compile(r"[ \t]*\{:?[ \t]*#([\w.:-]{1,80})[^{}\n]*\}[ \t]*$", re.M)
COMMENT, COMMENT_BLOCK = re.compile("<!--"), re.compile("^ {0,3}<!--", re.M)
ANCHOR_BEFORE = re.compile(r"^(?:<a\s+(?:name|id)=[\"']?([\w.:-]{1,80})[\"']?\s*(?:/>|>\s*</a>)\s*)+"
                           r"(#{1,6}[ \t][^\n]*)$", re.M | re.I)
ANCHOR_WITHIN = re.compile(r"^(#{1,6}[ \t][^\n]*?)<a\s+(?:name|id)=[\"']?([\w.:-]{1,80})[\"']?\s*"
                           r"(?:/>|>\s*</a>)([^\n]*)$", re.M | re.I)
_blocks = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
_blocks.enable("table").disable("inline")


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """(is code, lines) of a text, in order: each paragraph, heading or row by itself."""
    lines = text.split("\n")
    owner: list[int] = [0] * len(lines)
    for number, token in enumerate(_blocks.parse(text), 1):
        if token.map and token.type in ("fence", "code_block", "inline"):
            sign = 1 if token.type == "inline" else -1
            for line in range(token.map[0], min(token.map[1], len(lines))):
                owner[line] = sign * number
    numbered = list(enumerate(lines))
    for mark, group in groupby(numbered, key=lambda pair: owner[pair[0]]):
        found = list(group)
        end = "" if found[-1][0] == len(lines) - 1 else "\n"
        yield mark < 0, "\n".join(line for _number, line in found) + end


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to what stands between blocks of code."""
    return "".join("".join(part for _code, part in group) if is_code
                   else change("".join(part for _code, part in group))
                   for is_code, group in groupby(_parts(text), key=lambda pair: pair[0]))


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to each paragraph, heading or row that is no block of code."""
    return "".join(part if is_code else change(part) for is_code, part in _parts(text))


def replaced(text: str, pattern: re.Pattern, change: Callable[[re.Match], str]) -> str:
    """Change what `pattern` (which knows code spans as `span`) finds beside code spans, not in them."""
    return pattern.sub(lambda found: found[0] if found["span"] else change(found), text)


def first_heading(text: str) -> tuple[str, str]:
    """(the words of the title, the text without it): the first or only heading of level 1."""
    tokens = _blocks.parse(text)
    found = [i for i, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h1"
             and token.level == 0]
    if not found or (found[0] > 0 and len(found) > 1):
        return "", text
    start, end = tokens[found[0]].map
    lines = text.split("\n")
    return tokens[found[0] + 1].content, "\n".join(lines[:start] + lines[end:])


def headings(text: str) -> list[str]:
    """The source of every heading, in order."""
    tokens = _blocks.parse(text)
    return [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]


def plain_html(text: str) -> str:
    """The HTML people write inside Markdown, as Markdown; the rest stays visible as text."""
    text = outside_fences(text, _plain_blocks)
    return outside_code(text, _plain_part)


def _plain_part(text: str) -> str:
    text = replaced(text, ANCHOR, lambda found: f"[{found['inner']}](<{found['href']}>)")
    return replaced(text, PLAIN, lambda found: _plain_inline(found[0]))


def _plain_blocks(text: str) -> str:
    text = _between(text, COMMENT_BLOCK, lambda found: "-->", lambda name, comment: "")
    text = _between(text, HTML_BLOCK, lambda found: f"</{found[1]}>", _html_block)
    return ANCHOR_WITHIN.sub(r"\1\3 {#\2}", ANCHOR_BEFORE.sub(r"\2 {#\1}", text))


def _between(text: str, opening: re.Pattern, closing: Callable[[re.Match], str],
             change: Callable[[re.Match, str], str]) -> str:
    """Change what stands from an opening to its closing, both included; in linear time."""
    out, position, absent = [], 0, set()
    while found := opening.search(text, position):
        end, close = None, closing(found)
        if close not in absent and not (end := re.compile(re.escape(close), re.I).search(text, found.end())):
            absent.add(close)
        start = found.start() if end else found.end()
        out.append(text[position:start])
        position = end.end() if end else start
        if end:
            out.append(change(found, text[start:position]))
    return "".join([*out, text[position:]])


def _html_block(opening: re.Match, block: str) -> str:
    """Blank lines within HTML let Markdown in again: then the text is left for its other rules."""
    is_markdown = "\n\n" in block and opening[1].lower() not in ("table", "pre")
    return block if is_markdown else convert(block)


def _plain_inline(text: str) -> str:
    text = _between(text, COMMENT, lambda found: "-->", lambda name, comment: "")
    text = re.sub(r"<img\b[^<>]*>", _image, text, flags=re.I)
    text = re.sub(r"</?(?:strong|b)>", "**", text, flags=re.I)
    text = re.sub(r"</?(?:em|i)>", "*", text, flags=re.I)
    text = re.sub(r"</?(?:s|del|strike)>", "~~", text, flags=re.I)
    text = re.sub(r"<br\s*/?>", "<br>", text, flags=re.I)
    text = re.sub(r"<summary>(.*?)</summary>", r"\n**\1**\n", text, flags=re.I | re.S)
    return re.sub(r"</?(?:details|div|center|p|span)\b[^>]*>|<a\b[^>]*>(?:</a>)?", "", text, flags=re.I)


def _image(match: re.Match) -> str:
    facts = {name.lower(): value for name, _quote, value in
             re.findall(r"\b(src|alt)\s*=\s*([\"'])(.*?)\2", match[0], flags=re.I | re.S)}
    return f"![{facts.get('alt') or 'image'}](<{facts.get('src', '')}>)" if facts.get("src") else ""


def rewrite(text: str, new_url: Callable[[str, bool], str | None]) -> str:
    """Give every link and image `new_url(url, is image)`; None means the target is not there.

    Anchors that headings are given elsewhere (`## Steps {#steps}`) go: here they name themselves.
    """

    def inline(match: re.Match) -> str:
        bang, words, title = match["bang"], match["words"], match["title"] or ""
        if "](" in words:
            words = replaced(words, LINK, inline)
        url = match["pointed"] or match["bare"]
        target = new_url(url, bool(bang))
        if target is None:
            return f"![{words or 'file'}](missing:{_name(url)})"
        target = f"<{target}>" if re.search(r"[\s()]", target) else target
        return f"{bang}[{words}]({target}{title})"

    def reference(match: re.Match) -> str:
        url = match[2] or match[3] or ""
        target = new_url(url, False) or f"missing:{_name(url)}"
        return f"{match[1]}{f'<{target}>' if re.search(r'[ ()]', target) else target}{match[4]}"

    def part(text: str) -> str:
        text = CUSTOM_ANCHOR.sub("", text) if HEADING.match(text) else text
        return replaced(replaced(text, LINK, inline), PLAIN, lambda found: REFERENCE.sub(reference, found[0]))

    return outside_code(text, part)


def _name(url: str) -> str:
    return re.sub(r"[^\w.%+-]", "_", url.split("#")[0].rstrip("/").split("/")[-1]) or "file"
