"""Converts HTML of other sites to Markdown that renders to the same text and structure.

It covers the HTML of question sites: paragraphs, lists, quotes, fenced code with its language, tables,
images. Of other elements, such as underlining, the text stays; a spoiler becomes a quote with a heading.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString, PageElement

from core.markup import markdown_text as md
from core.markup.markdown_text import Piece
from core.markup.markup import MAX_NESTING, is_safe_url

CONTAINERS = (
    "p div section article header footer main aside figure figcaption details summary dl dt dd "
    "center form fieldset address li tr td th thead tbody caption body html"
).split()
BLOCKS = frozenset([*CONTAINERS, *"ul ol pre blockquote h1 h2 h3 h4 h5 h6 hr table".split()])
DROPPED = frozenset("script style template noscript iframe object head title".split())
MARKS = {
    "em": md.EM,
    "i": md.EM,
    "strong": md.STRONG,
    "b": md.STRONG,
    "s": md.STRUCK,
    "strike": md.STRUCK,
    "del": md.STRUCK,
}
PLAIN_TAGS = frozenset({"kbd", "sub", "sup"})
LANGUAGE = re.compile(r"\b(?:lang|language)-([\w+#.-]+)")
LANGUAGE_COMMENT = re.compile(r"\s*language(-all)?:\s*(?:lang-)?([\w+#.-]+)\s*$")
NO_LANGUAGE = ("none", "default", "plaintext")
MAX_DEPTH = 60  # of elements; deeper ones become text


@dataclass(frozen=True)
class Block:
    """One block of Markdown; with `joins` it may follow a line of text without an empty line."""

    kind: str
    text: str
    joins: bool = False


@dataclass(frozen=True)
class Link:
    """Another URL for a link, empty for no link; `words` replace a URL that was shown as its text."""

    address: str
    words: str = ""


def convert(
    html: str,
    base: str = "",
    *,
    address: Callable[[str], Link | None] | None = None,
    keep_addresses: bool = False,
) -> str:
    """Convert HTML to Markdown; relative URLs are resolved with `base`.

    `address(url)` may return another URL for a link. With `keep_addresses` relative URLs stay as they are.
    """
    soup = BeautifulSoup(html.replace("\r\n", "\n"), "html.parser")
    converter = _Converter(base, address or (lambda url: None), keep_addresses)
    return _join(converter.blocks(soup, MAX_NESTING - 2))


def _join(blocks: list[Block]) -> str:
    return "\n\n".join(block.text for block in blocks)


def _prefixed(text: str, first: str, rest: str) -> str:
    """`text` with a prefix before its first line and another before the others."""
    head, *tail = text.split("\n")
    return "\n".join(
        [first + head if head else first.rstrip(), *(rest + line if line else rest.rstrip() for line in tail)]
    )


class _Converter:
    """Converts one document; remembers the language that a comment sets for the code after it."""

    def __init__(self, base: str, other_address: Callable[[str], Link | None], keep_addresses: bool) -> None:
        self.base = base
        self.language = ""
        self.next_language = ""
        self.other_address = other_address
        self.keep_addresses = keep_addresses
        self.line_end = md.BREAK
        self.depth = 0

    # blocks

    def blocks(self, node: Tag, levels: int) -> list[Block]:
        """The blocks of `node`; `levels` is how much deeper the renderer allows blocks to be nested."""
        found: list[Block] = []
        line: list[Piece] = []

        def end_line() -> None:
            if text := md.paragraph(line):
                found.append(Block("p", text))
            line.clear()

        self.depth += 1
        for child in node.children:
            if self.depth > MAX_DEPTH:
                line.append(md.text(child.get_text()))
            elif isinstance(child, Tag) and _is_block(child):
                end_line()
                found += self._block(child, levels, found[-1] if found else None)
            else:
                line += self._inline(child, frozenset(), 0)
        self.depth -= 1
        end_line()
        return found

    def _block(self, node: Tag, levels: int, before: Block | None) -> list[Block]:
        name = node.name
        if name == "pre":
            return [Block("pre", self._fence(node))]
        if name == "hr":
            return [Block("hr", "***")]
        if re.fullmatch("h[1-6]", name):
            words = re.sub(r"(^|\s)(#+)$", r"\1\\\2", self._one_line(node, md.text(" ")))
            return [Block(name, f"{'#' * int(name[1])} {words}".rstrip())]
        if name == "table":
            return self._table(node)
        if name == "blockquote" and levels > 1:
            label = [Block("p", "**Spoiler**")] if "spoiler" in (node.get("class") or ()) else []
            return [Block(name, _prefixed(_join([*label, *self.blocks(node, levels - 1)]), "> ", "> "))]
        if name in ("ul", "ol") and levels > 2:
            return self._list(node, levels - 2, before)
        return self.blocks(node, levels)

    def _fence(self, node: Tag) -> str:
        for line_end in node.find_all("br"):
            line_end.replace_with("\n")
        code = node.get_text()
        if isinstance(first := next(node.children, None), NavigableString) and first.startswith("\n"):
            code = code.removeprefix("\n")
        code = code.rstrip("\n")
        classes = " ".join(
            name for tag in (node, *node.find_all("code", limit=1)) for name in tag.get("class") or ()
        )
        match = LANGUAGE.search(classes)
        language = match[1].lower() if match else self.next_language or self.language
        self.next_language = ""
        longest = max((len(run) for run in re.findall("`+", code)), default=0)
        fence = "`" * max(3, longest + 1)
        return f"{fence}{'' if language in NO_LANGUAGE else language}\n{code}\n{fence}"

    def _list(self, node: Tag, levels: int, before: Block | None) -> list[Block]:
        items = list(self._items(node, levels))
        if not items:
            return []
        tight = not any(item.find("p", recursive=False) for item in node.find_all("li", recursive=False))
        texts = [_item(blocks, tight) for blocks in items]
        other = (
            (before is not None and before.kind == f"{node.name}-")  # or two lists would become one
            or any(re.match(r"[- ]+(\n|$)", text) for text in texts)
        )  # or dashes would become a rule
        for number, text in enumerate(texts):
            marker = f"{'-+'[other]} " if node.name == "ul" else f"{_start(node) + number}{'.)'[other]} "
            texts[number] = _prefixed(text, marker, " " * len(marker))
        joins = bool(items[0]) and (node.name == "ul" or _start(node) == 1)
        kind = node.name if other else f"{node.name}-"
        return [Block(kind, ("\n" if tight else "\n\n").join(texts), joins)]

    def _items(self, node: Tag, levels: int) -> Iterator[list[Block]]:
        """The blocks of each item; a list directly in a list belongs to the item before it."""
        item: list[Block] | None = None
        for child in node.children:
            if isinstance(child, Tag) and child.name == "li":
                if item is not None:
                    yield item
                item = self.blocks(child, levels)
            elif isinstance(child, Tag) or str(child).strip():
                stray = BeautifulSoup("", "html.parser")
                stray.append(child.__copy__())
                item = [*(item or []), *self.blocks(stray, levels)]
        if item is not None:
            yield item

    def _table(self, node: Tag) -> list[Block]:
        rows = [row for row in node.find_all("tr") if row.find_parent("table") is node]
        cells = [row.find_all(["td", "th"], recursive=False) for row in rows]
        width = max((len(row) for row in cells), default=0)
        if not width:
            return self.blocks(node, 3)
        has_head = all(cell.name == "th" for cell in cells[0])
        head = cells.pop(0) if has_head else []
        aligned = (head or cells[0]) + [None] * width
        lines = [
            self._row(head, width),
            "| " + " | ".join(map(_alignment, aligned[:width])) + " |",
            *(self._row(row, width) for row in cells),
        ]
        caption = node.find("caption")
        return [*(self.blocks(caption, 3) if caption else ()), Block("table", "\n".join(lines))]

    def _row(self, cells: list[Tag], width: int) -> str:
        texts = [self._one_line(cell, Piece("raw", "<br>")).replace("|", "\\|") for cell in cells]
        return "| " + " | ".join(texts + [""] * (width - len(texts))) + " |"

    # inline

    def _one_line(self, node: Tag, line_end: Piece) -> str:
        """The content of `node` as one line (of a heading, of a table)."""
        self.line_end = line_end
        text = md.write(self._inlines(node))
        self.line_end = md.BREAK
        return text

    def _inlines(self, node: Tag, marks: frozenset = frozenset(), depth: int = 0) -> list[Piece]:
        return [piece for child in node.children for piece in self._inline(child, marks, depth)]

    def _inline(self, node: PageElement, marks: frozenset, depth: int) -> list[Piece]:
        """A node within a line of text; blocks within it become text between spaces."""
        if isinstance(node, NavigableString):
            return self._words(node)
        if not isinstance(node, Tag):
            return []
        name = node.name
        if name in DROPPED:
            return []
        if name == "br":
            return [self.line_end]
        if name == "img":
            return self._image(node)
        if name in ("code", "tt") or depth > MAX_DEPTH:
            words = node.get_text()
            return [md.code(words)] if words and depth <= MAX_DEPTH else [md.text(words)]
        kind = MARKS.get(name) or (name if name in PLAIN_TAGS or name == "a" else None)
        inner = self._inlines(node, marks | {kind}, depth + 1)
        if kind is None or kind in marks:
            return [md.text(" "), *inner, md.text(" ")] if name in BLOCKS else inner
        if name == "a":
            return self._link(node, inner)
        if name in PLAIN_TAGS:
            return [Piece("raw", f"<{name}>"), *inner, Piece("raw", f"</{name}>")]
        return md.mark(kind, inner)

    def _words(self, node: NavigableString) -> list[Piece]:
        if type(node) is NavigableString:
            return [md.text(node if self.line_end is md.BREAK else node.replace("\n", " "))]
        if isinstance(node, Comment) and (hint := LANGUAGE_COMMENT.match(node)):
            if hint[1]:
                self.language = hint[2].lower()
            else:
                self.next_language = hint[2].lower()
        return []

    def _address(self, attribute: object) -> str:
        """The URL in an attribute if it may be linked, else ""."""
        value = str(attribute or "").strip()
        if self.keep_addresses and not re.match(r"[a-z][a-z0-9+.-]+:", value, re.I):
            return value
        try:
            value = urljoin(self.base, value) if self.base else re.sub("^//", "https://", value)
        except ValueError:
            return ""
        return value if is_safe_url(value) and re.match(r"(https?://|mailto:|#)", value, re.I) else ""

    def _link(self, node: Tag, inner: list[Piece]) -> list[Piece]:
        address = self._address(node.get("href"))
        other = self.other_address(address) if address else None
        if other is not None:
            words = node.get_text().strip()
            inner = [md.text(other.words)] if other.words and re.match("https?://", words) else inner
            address = other.address
        if not address:
            return inner
        seen = [piece for piece in inner if not piece.is_space]
        return md.link(inner if seen else [md.text(address)], address, str(node.get("title") or ""))

    def _image(self, node: Tag) -> list[Piece]:
        words = " ".join(str(node.get("alt") or "").split()) or "image"
        return [
            md.image(words, self._address(node.get("src")) or "missing:image", str(node.get("title") or ""))
        ]


def _is_block(node: Tag) -> bool:
    return node.name in BLOCKS or (
        node.name != "a" and node.name not in DROPPED and node.find(list(BLOCKS)) is not None
    )


def _start(node: Tag) -> int:
    start = str(node.get("start") or "1")
    return int(start) if re.fullmatch(r"\d{1,8}", start) else 1


def _item(blocks: list[Block], tight: bool) -> str:
    """The blocks of one item; in a tight list a nested list follows its line without an empty line."""
    text = ""
    before: Block | None = None
    for block in blocks:
        gap = "" if before is None else "\n" if tight and before.kind == "p" and block.joins else "\n\n"
        text += gap + block.text
        before = block
    return text


def _alignment(cell: Tag | None) -> str:
    style = f"{cell.get('style') or ''} {cell.get('align') or ''}" if cell is not None else ""
    match = re.search(r"\b(left|center|right)\b", style)
    return {"left": ":---", "center": ":---:", "right": "---:"}.get(match[1] if match else "", "---")
