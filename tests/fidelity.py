"""What a reader finds in a piece of HTML, read by another parser than the converter's way through it."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from bs4 import BeautifulSoup, Comment

BLOCKS = [
    "p",
    "li",
    "ul",
    "ol",
    "pre",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "table",
    "tr",
    "td",
    "th",
    "div",
    "dl",
    "dt",
    "dd",
]


@dataclass(frozen=True)
class Found:
    """The words, and how many of each kind of thing; pictures count as links with their words."""

    text: str
    code_blocks: tuple[str, ...]
    code_spans: int
    links: int
    addresses: tuple[str, ...]
    items: int
    quotes: int
    rules: int
    cells: int
    headings: tuple[str, ...]
    keys: int  # <kbd>, <sub>, <sup>

    def differences(self, other: "Found") -> list[str]:
        """Names of the facts in which the two differ."""
        return [name for name in self.__dataclass_fields__ if getattr(self, name) != getattr(other, name)]


def read(html: str) -> Found:
    """The facts of some HTML, whoever made it."""
    soup = BeautifulSoup(html, "html.parser")
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    links = [tag for tag in soup.find_all("a") if not _is_bare(tag)]
    pictures = soup.find_all("img")
    alone = [picture for picture in pictures if not picture.find_parent("a")]
    addresses = [tag.get("href", "") for tag in links] + [tag.get("src", "") for tag in alone]
    blocks = tuple(block.get_text().strip("\n") for block in soup.find_all("pre"))
    spans = [code for code in soup.find_all("code") if not code.find_parent("pre")]
    for picture in pictures:
        picture.replace_with(" ".join((picture.get("alt") or "").split()) or "image")
    for line_end in soup.find_all("br"):
        line_end.replace_with("\n")
    for block in soup.find_all(BLOCKS):
        block.insert_before("\n")
        block.insert_after("\n")
    return Found(
        text=" ".join(soup.get_text().split()),
        code_blocks=blocks,
        code_spans=len(spans),
        links=len(links) + len(alone),
        addresses=tuple(sorted(map(_spelled, addresses))),
        items=len(soup.find_all("li")),
        quotes=len(soup.find_all("blockquote")),
        rules=len(soup.find_all("hr")),
        cells=len(soup.find_all(["td", "th"])),
        headings=tuple(tag.name for tag in soup.find_all(re.compile("^h[1-6]$"))),
        keys=len(soup.find_all(["kbd", "sub", "sup"])),
    )


def _is_bare(tag) -> bool:
    """A link whose words are its address, or that leads to what its word names."""
    words, address = tag.get_text().strip(), unquote(tag.get("href", ""))
    return bool(words) and (
        address in (words, f"http://{words}") or address.startswith(("/identifiers/", "/users/"))
    )


def _spelled(address: str) -> str:
    """Addresses may be percent-encoded in more than one way."""
    return unquote(address.strip())
