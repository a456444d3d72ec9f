"""Writes inline Markdown that renders to exactly the given text, code, links and emphasis.

A line of text is a list of pieces, which write() turns into Markdown. Whether `**` opens or closes emphasis
depends on the characters beside it (CommonMark's flanking rules), so a character that prevents it is written
as a reference: `**note:**&#119;hat`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace

SPACE = " \t\r\n\f"
EM = "*"
STRONG = "**"
STRUCK = "~~"
_SPECIAL = re.compile(
    r"\\(?=[!-/:-@\[-`{-~\n])|`"
    r"|(?<!\s)\*|\*(?!\s)"  # a star alone between spaces is only a star
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore inside a word is only that
    r"|~(?=~)|(?<=~)~|\](?=[(\[:])|!(?=\[)|<(?=[A-Za-z/!?])|&(?=#?\w+;)"
)
_IN_LINK = re.compile(_SPECIAL.pattern + r"|[\[\]]")
_LINE_START = re.compile(
    r"(#{1,6}|[*+-])(?=\s|$)|>|(=+|-+)\s*$|[|:-][|:\- ]*$|(?P<rule>[-_*])(\s*(?P=rule)){2,}\s*$"
)
_ADDRESS_AT_END = re.compile(r"(?<![\w@])https?://[!#$&-;=?@A-Z^_a-z~]+\Z", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,9})([.)])(?=\s|$)")


@dataclass(frozen=True)
class Piece:
    """A piece of a kind: `text` (unescaped), `code`, `raw` (Markdown), `open`, `close` (a mark), `break`."""

    kind: str
    text: str

    @property
    def is_space(self) -> bool:
        """Whether it is only white space."""
        return self.kind == "break" or (self.kind == "text" and not self.text.strip())


BREAK = Piece("break", "\\\n")


def text(words: str) -> Piece:
    """Text; white space is collapsed as on a page, line ends stay."""
    return Piece("text", re.sub(rf"[{SPACE}]+", lambda run: "\n" if "\n" in run[0] else " ", words))


def code(words: str) -> Piece:
    """A code span; line ends become spaces."""
    return Piece("code", re.sub(r"\s*\n\s*", " ", words.replace("\r", "")))


def _fenced(words: str) -> str:
    """A code span between runs of backticks that it does not contain."""
    runs = {len(run) for run in re.findall("`+", words)}
    fence = "`" * next(n for n in range(1, len(words) + 2) if n not in runs)
    around = words.strip() and (words[0] == words[-1] == " " or "`" in (words[0], words[-1]))
    return f"{fence} {words} {fence}" if around else f"{fence}{words}{fence}"


def link(inner: Iterable[Piece], address: str, title: str = "") -> list[Piece]:
    """A link; an autolink when its text is its URL. White space at its ends stays outside."""
    before, pieces, after = _trimmed(inner)
    words = write(pieces, in_link=True)
    if words == address and re.fullmatch(r"https?://[!#$&-;=?@A-Z^_a-z~]+", address) and not title:
        return [*before, Piece("raw", f"<{address}>"), *after]
    return [*before, Piece("raw", f"[{words}]({_destination(address, title)})"), *after]


def image(words: str, address: str, title: str = "") -> Piece:
    """An image with its alternative text."""
    return Piece("raw", f"![{write([text(words)], in_link=True)}]({_destination(address, title)})")


def _destination(address: str, title: str) -> str:
    address = re.sub(r'[\s<>\\"]', lambda c: f"%{ord(c[0]):02X}", address)
    address = re.sub(r"&(?=#?\w+;)", "&amp;", address)
    if re.search(r"[()]", address) or not address:
        address = f"<{address}>"
    if title := " ".join(title.split()):
        title = re.sub(r'\\|"|&(?=#?\w+;)', r"\\\g<0>", title)
        return f'{address} "{title}"'
    return address


def mark(kind: str, inner: Iterable[Piece]) -> list[Piece]:
    """`inner` between marks (EM, STRONG, STRUCK); white space at its ends stays outside."""
    before, pieces, after = _trimmed(inner)
    return [*before, Piece("open", kind), *pieces, Piece("close", kind), *after] if pieces else before + after


def _trimmed(inner: Iterable[Piece]) -> tuple[list[Piece], list[Piece], list[Piece]]:
    """White space before, the visible pieces, white space after."""
    pieces = [p for p in inner if p.text]
    before: list[Piece] = []
    after: list[Piece] = []
    while pieces and pieces[0].is_space:
        before.append(pieces.pop(0))
    while pieces and pieces[-1].is_space:
        after.insert(0, pieces.pop())
    if pieces and pieces[0].kind == "text":
        words = pieces[0].text.lstrip()
        before.append(Piece("text", pieces[0].text.removesuffix(words)))
        pieces[0] = Piece("text", words)
    if pieces and pieces[-1].kind == "text":
        words = pieces[-1].text.rstrip()
        after.insert(0, Piece("text", pieces[-1].text.removeprefix(words)))
        pieces[-1] = Piece("text", words)
    return before, pieces, after


def write(pieces: Iterable[Piece], *, in_link: bool = False) -> str:
    """The pieces as Markdown, without white space at the ends."""
    joined = _joined(pieces)
    while joined and joined[0].is_space:
        joined.pop(0)
    while joined and joined[-1].is_space:
        joined.pop()
    kinds = [p.kind for p in joined]
    strings = [_fenced(p.text) if p.kind == "code" else p.text for p in joined]
    _vary_emphasis(kinds, strings)
    for i, kind in enumerate(kinds):
        if kind == "text":
            before = strings[i - 1][-1:] if i else ""
            after = strings[i + 1][:1] if i + 1 < len(strings) else "]" if in_link else ""
            address = _trailing_address(strings, kinds, i)
            words = strings[i].removesuffix(address)
            strings[i] = _escape(words, before, "<" if address else after, in_link)
            if address:
                strings[i] += address.replace(":", "&#58;", 1) if in_link else f"<{address}>"
    for i, kind in enumerate(kinds):
        if kind in ("open", "close"):
            _force_flanking(strings, i, kind == "open")
    return re.sub(rf"[{SPACE}]*\n[{SPACE}]*", "\n", "".join(strings)).strip()


def _trailing_address(strings: list[str], kinds: list[str], i: int) -> str:
    """The bare URL at the end of a text when a mark follows, which would become a part of it; else ""."""
    if i + 1 == len(kinds) or kinds[i + 1] not in ("open", "close"):
        return ""
    found = _ADDRESS_AT_END.search(strings[i])
    return found[0] if found else ""


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Merge adjacent texts, and adjacent codes, which must not touch; drop `</b><b>`."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else BREAK
        if piece.kind == last.kind == "text":
            joined[-1] = text(last.text + piece.text)
        elif piece.kind == last.kind == "code":
            joined[-1] = Piece("code", last.text + piece.text)
        elif piece.kind == "open" and last == Piece("close", piece.text):
            joined.pop()
        elif piece.text:
            joined.append(piece)
    return joined


def _vary_emphasis(kinds: list[str], strings: list[str]) -> None:
    """Write emphasis that touches strong emphasis with `_`, so that their stars do not merge."""
    opened: list[int] = []
    for i, kind in enumerate(kinds):
        if kind == "open":
            opened.append(i)
        elif kind == "close":
            start = opened.pop()
            around = {
                strings[n]
                for n in (start - 1, start + 1, i - 1, i + 1)
                if 0 <= n < len(kinds) and kinds[n] in ("open", "close")
            }
            if strings[i] == EM and around & {EM, STRONG}:
                strings[start] = strings[i] = "_"


def _escape(words: str, before: str, after: str, in_link: bool) -> str:
    """Backslashes before what would mean something between these neighbours."""
    whole = before + words + after
    out = []
    last = len(before)
    for found in (_IN_LINK if in_link else _SPECIAL).finditer(whole, len(before)):
        if found.start() >= len(before) + len(words):
            break
        out.append(whole[last : found.start()])
        out.append("&lt;" if whole.startswith("</", found.start()) else "\\" + found[0])
        last = found.end()
    return "".join(out) + whole[last : len(before) + len(words)]


def _force_flanking(strings: list[str], i: int, opens: bool) -> None:
    """Make the mark at `i` open (or close) by changing the character beside it if necessary."""
    inner, outer = (i + 1, i - 1) if opens else (i - 1, i + 1)
    near = strings[inner][:1] if opens else strings[inner][-1:]
    far = ""
    if 0 <= outer < len(strings):
        far = strings[outer][-1:] if opens else strings[outer][:1]
    if (
        far
        and not isWhiteSpace(ord(far))
        and not _is_punctuation(far)
        and (_is_punctuation(near) or strings[i] == "_")
    ):
        _replace_by_reference(strings, outer, first=not opens)


def _is_punctuation(character: str) -> bool:
    return isPunctChar(character) or isMdAsciiPunct(ord(character))


def _replace_by_reference(strings: list[str], i: int, *, first: bool) -> None:
    """Replace the first or last character of a string by a character reference."""
    string = strings[i]
    if first:
        strings[i] = f"&#{ord(string[0])};{string[1:]}"
        return
    rest = string[:-1]
    if (len(rest) - len(rest.rstrip("\\"))) % 2:  # a lone backslash would escape the reference
        rest += "\\"
    strings[i] = f"{rest}&#{ord(string[-1])};"


def paragraph(pieces: Iterable[Piece]) -> str:
    """write(), with everything escaped that would start another kind of block at the start of a line."""
    return "\n".join(_guard(line) for line in write(pieces).split("\n"))


def _guard(line: str) -> str:
    line = _NUMBER.sub(r"\1\\\2", line, count=1) if _NUMBER.match(line) else line
    return "\\" + line if _LINE_START.match(line) else line
