"""Who is called by name in a text: `@username`, but not in code, in a quotation or in a link."""

from bs4 import BeautifulSoup

from core.markup.markdown_links import NAME

SILENT = ["pre", "code", "blockquote", "a"]
MOST = 10  # called by one text; who calls more calls a crowd


def mentioned(html: str) -> list[str]:
    """Usernames that rendered text calls, in order, each once; no more than MOST."""
    if "@" not in html:
        return []
    soup = BeautifulSoup(html, "html.parser")
    for silent in soup.find_all(SILENT):
        if not _is_name(silent):
            silent.replace_with(" ")
    found = (name.lower() for text in soup.find_all(string=True) for name in NAME.findall(text))
    return list(dict.fromkeys(found))[:MOST]


def _is_name(link) -> bool:
    """Whether a link is what became of an `@name`."""
    words = link.get_text()
    return (
        link.name == "a"
        and words.startswith("@")
        and (link.get("href", "").lower() == f"/users/{words[1:].lower()}")
    )
