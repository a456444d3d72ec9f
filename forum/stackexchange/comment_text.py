"""Converts the text of comments in a Stack Exchange dump, which use a subset of Markdown.

Code, emphasis, links and bare URLs are markup; everything else (lists, headings, images, HTML) is plain text.
"""

import re
from collections.abc import Callable, Iterator

from core.markup import markdown_text as md
from core.markup.html_to_markdown import Link
from core.markup.markdown_text import Piece

LinkRewriter = Callable[[str], Link | None]

_CODE = r"(?P<fence>`+)(?P<code>.+?)(?<!`)(?P=fence)(?!`)"
_TOKEN = re.compile(
    r"(?P<escaped>\\[\\`*_\[\]()])"
    rf"|{_CODE}"
    r"|\[(?P<words>[^\[\]]+)\]\((?P<address>(?:https?:)?//[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)"
    r"(?:\s+\"(?P<title>[^\"]*)\")?\s*\)"
    r"|(?P<bare>https?://[^\s<>\"`]+)"
    r"|(?<![\w*])(?P<star>\*{1,3})(?P<starred>[^\s*](?:[^*]*[^\s*])?)(?P=star)(?![\w*])"
    r"|(?<![\w_])(?P<line>_{1,2})(?P<lined>[^\s_](?:.*?[^\s_])?)(?P=line)(?![\w_])",
    re.S,
)


def convert(text: str, address: Callable[[str], Link | None] | None = None) -> str:
    """The text of a comment as Markdown that renders the same here; blank lines separate paragraphs.

    `address(url)` may return another link for a URL.
    """
    text = re.sub(_CODE, lambda code: code[0].replace("\n", " "), text.replace("\r\n", "\n"), flags=re.S)
    parts = re.split(r"\n\s*\n", text.strip())
    rewrite = address or (lambda url: None)
    return "\n\n".join(filter(None, (md.paragraph(_pieces(part, rewrite)) for part in parts)))


def _pieces(text: str, rewrite: LinkRewriter) -> Iterator[Piece]:
    last = 0
    for found in _TOKEN.finditer(text):
        yield md.text(text[last : found.start()])
        yield from _piece(found, rewrite)
        last = found.end()
    yield md.text(text[last:])


def _piece(found: re.Match, rewrite: LinkRewriter) -> Iterator[Piece]:
    if found["escaped"]:
        yield md.text(found["escaped"][1])
    elif found["fence"]:
        yield md.code(found["code"].strip())
    elif found["address"]:
        address = re.sub("^//", "https://", found["address"])
        address = link.address if (link := rewrite(address)) is not None else address
        yield from md.link(_pieces(found["words"], rewrite), address, found["title"] or "")
    elif found["bare"]:
        address = _without_punctuation(found["bare"])
        link = rewrite(address)
        words = link.words or address if link else address
        yield from md.link([md.text(words)], link.address if link else address)
        yield md.text(found["bare"][len(address) :])
    else:
        length = len(found["star"] or found["line"])
        inner = _pieces(found["starred"] or found["lined"], rewrite)
        strong = md.mark(md.STRONG, inner) if length > 1 else inner
        yield from strong if length == 2 else md.mark(md.EM, strong)


def _without_punctuation(address: str) -> str:
    """A bare URL without the punctuation of its sentence; a closing bracket is kept if it was opened."""
    while address[-1] in ".,;:!?'*_])}" and not (
        address[-1] == ")" and address.count("(") >= address.count(")")
    ):
        address = address[:-1]
    return address
