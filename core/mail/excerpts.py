"""The beginning of a text for mail: whole lines and blocks, so that code and lists stay what they are."""

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from core.markup.markup import excerpt


def plain_opening(markdown: str, max_characters: int) -> str:
    """The first whole lines of a Markdown text; a longer first line is cut at a word."""
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
    """The first whole blocks of safe HTML, with absolute links; `url` is the page it is from."""
    soup = BeautifulSoup(rendered, "html.parser")
    site = "/".join(url.split("/")[:3])
    kept = []
    left = max_characters
    for block in list(soup.contents):
        if isinstance(block, NavigableString) and not block.strip():
            continue
        length = len(block.get_text())
        if length > left and kept:
            kept.append("<p>…</p>")
            break
        if length > left:
            kept.append(_cut(block, left))
            break
        left -= length
        for link in block.find_all("a", href=True) if isinstance(block, Tag) else ():
            link["href"] = _absolute(str(link["href"]), site, url)
        kept.append(str(block))
    return "\n".join(kept)


def _cut(block: Tag | NavigableString, max_characters: int) -> str:
    """The beginning of one block that is too long: lines of code, or words."""
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
