"""Markdown files of elsewhere: links found outside code and rewritten.

The text is taken apart where our own parser sees blocks, so a backtick in one paragraph never
meets one in the next, and code of every kind is left alone.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference

from core.markup.markup import MAX_NESTING

CODE = r"(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
ATOM = r"[^\[\]\\`]|\\.|`+[^`]*`+"  # of a link's words: a character, an escaped one, a code span
WORDS = rf"(?:{ATOM}|\[(?:{ATOM}|\[(?:{ATOM})*\])*\])*"


def beside_spans(pattern: str) -> re.Pattern:
    """`pattern`, or a code span that begins before it could."""
    return re.compile(rf"(?P<span>{CODE})|{pattern}", re.S | re.I)


LINK = beside_spans(
    rf"(?<!\\)(?P<bang>!?)\[(?P<words>{WORDS})\]"
    r"(?:(?P<place>\([ \t]*\n?[ \t]*(?:<(?P<pointed>[^>\n]*)>|(?P<bare>[^\s()<]+(?:\([^\s()]*\)[^\s()]*)*)"
    r"|(?P<spaced>[^()<>\n\"]+\.(?:md|markdown|mdx|html?)(?:#[^()\s\"]*)?))?"
    r"(?P<title>\s+(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\([^()]*\)))?(?:\s+=\d*%?x?\d*%?)?\s*\))"
    r"|\[(?P<label>(?:[^\[\]\\]|\\.)*)\])?"
)
WIKI = beside_spans(
    r"(?<![\\\[])(?P<bang>!?)\[\[(?P<page>[^\[\]|\n#]*)(?P<part>#[^\[\]|\n]+)?(?:\\?\|(?P<words>[^\[\]\n]+))?"
    r"\]\](?!\])"
)
HEADING = re.compile(r"[ >]*#")
CUSTOM_ANCHOR = re.compile(r"[ \t]*\{:?[ \t]*#([\w.:-]{1,80})[^{}\n]*\}[ \t]*$", re.M)
_blocks = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING, "inline_definitions": True})
_blocks.enable("table").disable("inline")


@dataclass(frozen=True)
class ResolvedLink:
    """Where a link leads: an address, or none, and why."""

    address: str | None
    why: str = ""


def parse(text: str, env: dict | None = None) -> list:
    """The blocks that our parser sees; definitions of links go to `env["references"]`."""
    return _blocks.parse(text, {} if env is None else env)


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """(is code, lines) of a text, in order: each paragraph, heading or row by itself."""
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
    """Apply `change` to what stands between blocks of code."""
    return "".join(
        "".join(part for _code, part in group) if is_code else change("".join(part for _code, part in group))
        for is_code, group in groupby(_parts(text), key=lambda pair: pair[0])
    )


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to each paragraph, heading or row that is no block of code."""
    return "".join(part if is_code else change(part) for is_code, part in _parts(text))


def replaced(text: str, pattern: re.Pattern, change: Callable[[re.Match], str]) -> str:
    """Change what `pattern` (which knows code spans as `span`) finds beside code spans, not in them."""
    return pattern.sub(lambda found: found[0] if found["span"] else change(found), text)


def first_heading(text: str) -> tuple[str, str]:
    """(the words of the title, the text without it): the first or only heading of level 1."""
    tokens = parse(text)
    found = [
        i
        for i, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h1" and token.level == 0
    ]
    if not found or (found[0] > 0 and len(found) > 1):
        return "", text
    start, end = tokens[found[0]].map
    lines = text.split("\n")
    return tokens[found[0] + 1].content, "\n".join(lines[:start] + lines[end:])


def headings(text: str) -> list[str]:
    """The source of every heading, in order."""
    tokens = parse(text)
    return [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]


def without_definitions(text: str, lose: Callable[[str, str, str], None]) -> tuple[str, dict]:
    """(the text, {label: (address, title)}): definitions of links, each used or not, go from the text.

    Those that nothing uses are counted, for they say nothing here; footnotes stay as they are.
    """
    env: dict = {}
    lines, gone = text.split("\n"), set()
    for token in parse(text, env):
        label = token.meta.get("label", "") if token.type == "definition" else "^"
        if not label.startswith("^"):
            gone.update(range(*token.map))
    references = {
        label: (found["href"], found["title"])
        for label, found in env.get("references", {}).items()
        if not label.startswith("^")
    }
    if not gone:
        return text, {}
    kept = "\n".join(
        re.match(r"[ >]*", line)[0].rstrip() if i in gone else line for i, line in enumerate(lines)
    )
    used = {
        normalizeReference(found["label"] or found["words"]) for found in _all(kept) if not found["place"]
    }
    for label, (address, title) in references.items():
        if label not in used:
            lose(
                "comments" if address in ("#", "") or label in ("//", "COMMENT", "_") else "definitions",
                f"[{label.lower()}]: {address} {title}",
                "nothing uses it",
            )
    return kept, references


def _all(text: str) -> Iterator[re.Match]:
    """Every link and what may be one, also those within others."""
    for is_code, part in _parts(text):
        waiting = [] if is_code else [part]
        while waiting:
            for found in LINK.finditer(waiting.pop()):
                if not found["span"]:
                    yield found
                    waiting.append(found["words"])


def rewrite(
    text: str,
    place_of: Callable[[str, bool], ResolvedLink],
    lose: Callable[[str, str, str], None],
    wiki: Callable[[str], str | None] | None = None,
) -> str:
    """Give every link and picture the address `place_of(url, is picture)`; all go to one form.

    A link that leads nowhere keeps its words, a picture is marked as missing. `wiki(name)` is the address of
    a `[[name]]`. Anchors that headings are given elsewhere (`## Steps {#steps}`) go: here they name
    themselves.
    """
    text, references = without_definitions(text, lose)

    def inline(match: re.Match) -> str:
        words, label = match["words"], match["label"]
        found = None
        if match["place"] is not None:
            found = (match["pointed"] or match["bare"] or match["spaced"] or "", match["title"] or "")
        elif references:
            address, title = references.get(normalizeReference(label or words), (None, ""))
            found = None if address is None else (address, f' "{_quoted(title)}"' if title else "")
        inner = replaced(words, LINK, inline) if "[" in words else words
        if found is None:  # brackets that are only brackets, a task, a footnote
            rest = match[0][len(match["bang"]) + len(words) + 2 :]
            return f"{match['bang']}[{inner}]{rest}"
        return written(match["bang"], inner, *found)

    def written(bang: str, words: str, url: str, title: str) -> str:
        place = place_of(url.strip(), bool(bang))
        if bang:
            lose("images", url, place.why or "a link stands for it")
            return f"![{words or 'image'}]({_pointed(place.address or f'missing:{_name(url)}')}{title})"
        if not url:
            return words
        if place.address is None:
            lose("links", url, place.why)
            return words.strip() or _name(url)
        if place.why:
            lose("anchors", url, place.why)
        return f"[{words}]({_pointed(place.address)}{title})"

    def wiki_link(match: re.Match) -> str:
        page, part = match["page"].strip(), match["part"] or ""
        address = wiki(page + part) if page or part else None
        if match["bang"] or address is None:
            if match["words"] or match["bang"] or re.fullmatch(r"[\w][\w .&/-]*", page):
                lose("wiki links", match[0], "no page of this name")
            return match[0]
        return f"[{(match['words'] or page or part[1:]).strip()}]({_pointed(address)})"

    def part(text: str) -> str:
        text = CUSTOM_ANCHOR.sub("", text) if HEADING.match(text) else text
        text = replaced(text, LINK, inline) if "[" in text else text
        return replaced(text, WIKI, wiki_link) if wiki and "[[" in text else text

    return outside_code(text, part)


def _pointed(address: str) -> str:
    address = re.sub(r"[<>\n]", lambda found: f"%{ord(found[0]):02X}", address)
    return f"<{address}>" if re.search(r"[\s()]", address) or not address else address


def _quoted(title: str) -> str:
    return title.replace("\\", "\\\\").replace('"', '\\"')


def _name(url: str) -> str:
    return (
        re.sub(
            r"[^\w.%+-]",
            "_",
            url.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0].rstrip("/").split("/")[-1],
        )[:80]
        or "file"
    )
