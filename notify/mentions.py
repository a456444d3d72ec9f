"""Who is called by name in a text: `@username`, but not in code, in a quotation or in a link."""

import re

from bs4 import BeautifulSoup

SILENT = ["pre", "code", "blockquote", "a"]
CALL = re.compile(r"(?<![\w@./-])@([a-z0-9][a-z0-9_-]{1,28}[a-z0-9])(?![\w@])", re.I | re.A)
MOST = 10  # called by one text; who calls more calls a crowd


def mentioned(html: str) -> list[str]:
    """Usernames that rendered text calls, in order, each once; no more than MOST."""
    if "@" not in html:
        return []
    soup = BeautifulSoup(html, "html.parser")
    for silent in soup.find_all(SILENT):
        silent.replace_with(" ")
    found = (name.lower() for text in soup.find_all(string=True) for name in CALL.findall(text))
    return list(dict.fromkeys(found))[:MOST]
