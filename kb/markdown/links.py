"""Finds and rewrites links in Markdown outside code.

The text is split into the blocks that our Markdown parser sees, so that a backtick in one paragraph is not
paired with one in the next.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from flask_babel import gettext as _
from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference

from core.markup.markup import MAX_NESTING

CODE_SPAN = r"(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
TEXT_ATOM = r"[^\[\]\\`]|\\.|`+[^`]*`+"  # of the text of a link: a character, an escaped one, a code span
LINK_TEXT = rf"(?:{TEXT_ATOM}|\[(?:{TEXT_ATOM}|\[(?:{TEXT_ATOM})*\])*\])*"


def beside_spans(pattern: str) -> re.Pattern:
    """A pattern that matches `pattern`, or before it a code span as the group `span`."""
    return re.compile(rf"(?P<span>{CODE_SPAN})|{pattern}", re.S | re.I)


LINK_PATTERN = beside_spans(
    rf"(?<!\\)(?P<bang>!?)\[(?P<words>{LINK_TEXT})\]"
    r"(?:(?P<place>\([ \t]*\n?[ \t]*(?:<(?P<pointed>[^>\n]*)>|(?P<bare>[^\s()<]+(?:\([^\s()]*\)[^\s()]*)*)"
    r"|(?P<spaced>[^()<>\n\"]+\.(?:md|markdown|mdx|html?)(?:#[^()\s\"]*)?))?"
    r"(?P<title>\s+(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\([^()]*\)))?(?:\s+=\d*%?x?\d*%?)?\s*\))"
    r"|\[(?P<label>(?:[^\[\]\\]|\\.)*)\])?"
)
WIKI_LINK_PATTERN = beside_spans(
    r"(?<![\\\[])(?P<bang>!?)\[\[(?P<page>[^\[\]|\n#]*)(?P<part>#[^\[\]|\n]+)?(?:\\?\|(?P<words>[^\[\]\n]+))?"
    r"\]\](?!\])"
)
HEADING_START = re.compile(r"[ >]*#")
CUSTOM_ANCHOR = re.compile(r"[ \t]*\{:?[ \t]*#([\w.:-]{1,80})[^{}\n]*\}[ \t]*$", re.M)
_blocks = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING, "inline_definitions": True})
_blocks.enable("table").disable("inline")


@dataclass(frozen=True)
class ResolvedLink:
    """The target of a link: a URL, or None and the reason. `is_shown`: a picture that is stored here."""

    address: str | None
    reason: str = ""
    is_shown: bool = False


def parse(text: str, env: dict | None = None) -> list:
    """The tokens of the blocks of a text; link definitions are stored in `env["references"]`."""
    return _blocks.parse(text, {} if env is None else env)


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """(is code, text) of each block in order: paragraphs, headings and table rows by themselves."""
    lines = text.split("\n")
    owner: list[int] = [0] * len(lines)
    for number, token in enumerate(parse(text), 1):
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
    """Apply `change` to the text between code blocks."""
    return "".join(
        "".join(part for _code, part in group) if is_code else change("".join(part for _code, part in group))
        for is_code, group in groupby(_parts(text), key=lambda pair: pair[0])
    )


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to each paragraph, heading or table row outside code blocks."""
    return "".join(part if is_code else change(part) for is_code, part in _parts(text))


def replaced(text: str, pattern: re.Pattern, change: Callable[[re.Match], str]) -> str:
    """Replace matches of `pattern`, which is made by beside_spans(), outside code spans."""
    return pattern.sub(lambda found: found[0] if found["span"] else change(found), text)


def first_heading(text: str) -> tuple[str, str]:
    """(the text of the title, the text without it): the first or only heading of level 1."""
    tokens = parse(text)
    found = [
        i
        for i, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h1" and token.level == 0
    ]
    if not found or (found[0] > 0 and len(found) > 1):
        return "", text
    start, end = tokens[found[0]].map or (0, 0)
    lines = text.split("\n")
    return tokens[found[0] + 1].content, "\n".join(lines[:start] + lines[end:])


def headings(text: str) -> list[str]:
    """The source of every heading, in order."""
    tokens = parse(text)
    return [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]


def without_definitions(text: str, report_loss: Callable[[str, str, str], None]) -> tuple[str, dict]:
    """(the text without link definitions, {label: (address, title)}); footnotes are kept.

    Unused definitions are reported as losses.
    """
    env: dict = {}
    lines = text.split("\n")
    definition_lines: set[int] = set()
    for token in parse(text, env):
        label = token.meta.get("label", "") if token.type == "definition" else "^"
        if not label.startswith("^"):
            definition_lines.update(range(*(token.map or (0, 0))))
    references = {
        label: (found["href"], found["title"])
        for label, found in env.get("references", {}).items()
        if not label.startswith("^")
    }
    if not definition_lines:
        return text, {}
    remaining = "\n".join(
        line[: len(line) - len(line.lstrip(" >"))].rstrip() if i in definition_lines else line
        for i, line in enumerate(lines)
    )
    used = {
        normalizeReference(found["label"] or found["words"])
        for found in _all(remaining)
        if not found["place"]
    }
    for label, (address, title) in references.items():
        if label not in used:
            report_loss(
                "comments" if address in ("#", "") or label in ("//", "COMMENT", "_") else "definitions",
                f"[{label.lower()}]: {address} {title}",
                _("nothing uses it"),
            )
    return remaining, references


def _all(text: str) -> Iterator[re.Match]:
    """All links and possible links, nested ones included."""
    for is_code, part in _parts(text):
        pending = [] if is_code else [part]
        while pending:
            for found in LINK_PATTERN.finditer(pending.pop()):
                if not found["span"]:
                    yield found
                    pending.append(found["words"])


def rewrite(
    text: str,
    resolve: Callable[[str, bool], ResolvedLink],
    report_loss: Callable[[str, str, str], None],
    wiki: Callable[[str], str | None] | None = None,
) -> str:
    """Rewrite all links and images with `resolve(url, is image)` in one form.

    A link without target becomes its text, an image is marked as missing. `wiki(name)` is the URL of a
    `[[name]]`. Explicit anchors of headings (`## Steps {#steps}`) are removed: anchors are made of the text.
    """
    text, references = without_definitions(text, report_loss)

    def inline(match: re.Match) -> str:
        words = match["words"]
        label = match["label"]
        found = None
        if match["place"] is not None:
            found = (match["pointed"] or match["bare"] or match["spaced"] or "", match["title"] or "")
        elif references:
            address, title = references.get(normalizeReference(label or words), (None, ""))
            found = None if address is None else (address, f' "{_quoted(title)}"' if title else "")
        inner = replaced(words, LINK_PATTERN, inline) if "[" in words else words
        if found is None:  # brackets that are only brackets, a task, a footnote
            rest = match[0][len(match["bang"]) + len(words) + 2 :]
            return f"{match['bang']}[{inner}]{rest}"
        return written(match["bang"], inner, *found)

    def written(bang: str, words: str, url: str, title: str) -> str:
        target = resolve(url.strip(), bool(bang))
        if bang:
            if not target.is_shown:
                report_loss("images", url, target.reason or _("replaced by a link"))
            return f"![{words or 'image'}]({_pointed(target.address or f'missing:{_name(url)}')}{title})"
        if not url:
            return words
        if target.address is None:
            report_loss("links", url, target.reason)
            return words.strip() or _name(url)
        if target.reason:
            report_loss("anchors", url, target.reason)
        return f"[{words}]({_pointed(target.address)}{title})"

    def wiki_link(match: re.Match) -> str:
        page = match["page"].strip()
        part = match["part"] or ""
        address = wiki(page + part) if wiki is not None and (page or part) else None
        if match["bang"] or address is None:
            if match["words"] or match["bang"] or re.fullmatch(r"[\w][\w .&/-]*", page):
                report_loss("wiki links", match[0], _("no page with this name"))
            return match[0]
        return f"[{(match['words'] or page or part[1:]).strip()}]({_pointed(address)})"

    def part(text: str) -> str:
        text = CUSTOM_ANCHOR.sub("", text) if HEADING_START.match(text) else text
        text = replaced(text, LINK_PATTERN, inline) if "[" in text else text
        return replaced(text, WIKI_LINK_PATTERN, wiki_link) if wiki and "[[" in text else text

    return outside_code(text, part)


def _pointed(address: str) -> str:
    address = re.sub(r"[<>\n]", lambda found: f"%{ord(found[0]):02X}", address)
    return f"<{address}>" if re.search(r"[\s()]", address) or not address else address


def _quoted(title: str) -> str:
    return title.replace("\\", "\\\\").replace('"', '\\"')


def _name(url: str) -> str:
    """The last part of the path of a URL as a name."""
    path = url.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0].rstrip("/")
    return re.sub(r"[^\w.%+-]", "_", path.split("/")[-1])[:80] or "file"
