"""Excerpts for mail: the first whole lines or blocks of a text, so that code and lists stay intact."""

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement

from core.markup.markup import excerpt


def plain_opening(markdown: str, max_characters: int) -> str:
    """The first lines of a Markdown text up to `max_characters`; a longer first line is cut at a word."""
    text = markdown.strip()
    if len(text) <= max_characters:
        return text
    cut = text[:max_characters]
    end = max(cut.rfind("\n"), 0) or max(cut.rfind(" "), 0) or max_characters
    opening = text[:end].rstrip()
    if opening.count("```") % 2:
        opening += "\n```"
    return f"{opening}\n…"


def html_opening(rendered: str, max_characters: int, url: str) -> str:
    """The first blocks of safe HTML up to `max_characters`, with absolute links; `url` is its page.

    A picture becomes its alternative text: only who may see the post may load it.
    """
    soup = BeautifulSoup(rendered, "html.parser")
    site = "/".join(url.split("/")[:3])
    blocks: list[str] = []
    left = max_characters
    for block in list(soup.contents):
        if isinstance(block, NavigableString) and not block.strip():
            continue
        length = len(block.get_text())
        if length > left and blocks:
            blocks.append("<p>…</p>")
            break
        if length > left:
            blocks.append(_cut(block, left))
            break
        left -= length
        for picture in block.find_all("img") if isinstance(block, Tag) else ():
            picture.replace_with(str(picture.get("alt", "")))
        for link in block.find_all("a", href=True) if isinstance(block, Tag) else ():
            link["href"] = _absolute(str(link["href"]), site, url)
        blocks.append(str(block))
    return "\n".join(blocks)


def _cut(block: PageElement, max_characters: int) -> str:
    """The beginning of a block that is too long: lines of code, or words."""
    soup = BeautifulSoup("", "html.parser")
    code = block.find("pre") if isinstance(block, Tag) else None
    element = soup.new_tag("pre" if code else "p")
    text = block.get_text()
    element.string = plain_opening(text, max_characters) if code else excerpt(str(block), max_characters)
    return str(element)


def _absolute(href: str, site: str, url: str) -> str:
    if href.startswith("#"):
        return url.split("#", maxsplit=1)[0] + href
    return site + href if href.startswith("/") and not href.startswith("//") else href
