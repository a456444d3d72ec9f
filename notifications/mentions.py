"""Mentions in a text: `@username`, but not in code, in a quotation or in a link."""

from bs4 import BeautifulSoup, Tag

from core.markup.markdown_links import NAME

IGNORED_ELEMENTS = ["pre", "code", "blockquote", "a"]
MAX_MENTIONS = 10  # in one text, so that a text does not notify a crowd


def mentioned(html: str) -> list[str]:
    """Usernames mentioned in rendered text, in lower case and in order, at most MAX_MENTIONS."""
    if "@" not in html:
        return []
    soup = BeautifulSoup(html, "html.parser")
    for element in soup.find_all(IGNORED_ELEMENTS):
        if not _is_mention(element):
            element.replace_with(" ")
    found = (name.lower() for text in soup.find_all(string=True) for name in NAME.findall(text))
    return list(dict.fromkeys(found))[:MAX_MENTIONS]


def _is_mention(element: Tag) -> bool:
    """Whether an element is the link that the renderer made of an `@username`."""
    text = element.get_text()
    href = str(element.get("href", ""))
    return element.name == "a" and text.startswith("@") and (href.lower() == f"/users/{text[1:].lower()}")
