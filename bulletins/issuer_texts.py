"""Texts of documents as safe HTML, rendered once, when they are written: notes, remedies, threats and thanks.

Issuers write Markdown, or plain text whose lines and signs mean what they are. HTML was converted to Markdown
by the readers. A text that was not rendered, because a bound was reached, is shown as plain text.
"""

import hashlib
import re
import time
from collections.abc import Iterable, Iterator

from advisories.advisory import Advisory
from bulletins import rows
from bulletins.models import Bulletin
from core.markup import markup

MAX_TEXTS = 600  # of one document that are rendered
MAX_CHARACTERS = 1_000_000  # of all of them
MAX_SECONDS = 3.0  # of processor time for all of them
_MARKDOWN = re.compile(
    r"^ {0,3}(?:#{1,6} \S|[-*+] \S|\d{1,3}[.)] \S|> ?\S|```|~~~|\|.*\|)"
    r"|\[[^\[\]\n]{1,300}\]\([^()\s]{1,500}\)|\*\*[^*\n]{1,300}\*\*|`[^`\n]{1,300}`",
    re.MULTILINE,
)
_URL = re.compile(r"(https?://[^\s<>\"]+)")
_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~&!@+-])")
_NUMBER = re.compile(r"^(\d{1,9})([.)])", re.MULTILINE)
_HEADING = re.compile(r"<(h[1-6])\b[^>]*>(.*?)</\1>", re.DOTALL)


def key(text: str) -> str:
    """The key of a text in the rendered ones."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:20]


def rendered(texts: Iterable[str], known: dict[str, str] | None = None) -> dict[str, str]:
    """HTML by key(text), within the bounds; what is `known` already is not rendered again."""
    found: dict[str, str] = {}
    characters = 0
    end = time.process_time() + MAX_SECONDS
    for text in dict.fromkeys(texts):
        characters += len(text)
        if len(found) >= MAX_TEXTS or characters > MAX_CHARACTERS:
            break
        name = key(text)
        if known and name in known:
            found[name] = known[name]
        elif time.process_time() < end and (html := _html(text)):
            found[name] = html
    return found


def texts_of(advisory: Advisory) -> Iterator[str]:
    """The texts of a document that its page shows, except the body, in the order of the page."""
    body = rows.body_note(advisory)
    yield from (note.text for place, note in enumerate(advisory.notes) if place != body)
    for each in advisory.vulnerabilities:
        yield from (remedy.details for remedy in each.remedies)
        yield from (note.text for note in each.notes)
        yield from (threat.details for threat in each.threats)
        yield from (issue.details for issue in each.known_issues)
    yield from (entry.summary for entry in advisory.history)


def as_markdown(text: str) -> str:
    """A text as Markdown: as it is, if it has marks of Markdown, else with its signs and lines preserved."""
    if _MARKDOWN.search(text):
        return text
    parts = _URL.split(text)
    escaped = "".join(part if place % 2 else _SIGNS.sub(r"\\\1", part) for place, part in enumerate(parts))
    lines = [line.strip() for line in _NUMBER.sub(r"\1\\\2", escaped).split("\n")]
    paragraphs = "\n".join(lines).split("\n\n")
    return "\n\n".join("\\\n".join(filter(None, each.split("\n"))) for each in paragraphs)


def _html(text: str) -> str:
    """Safe HTML without headings, which are those of the page; empty for no text or one over a limit."""
    if not text.strip():
        return ""
    try:
        return _HEADING.sub(r"<p><strong>\2</strong></p>", markup.render(as_markdown(text)).html)
    except markup.TooLong:
        return ""


def render(bulletin: Bulletin, advisory: Advisory) -> None:
    """Set the rendered texts of a bulletin; those that are rendered already, by the present rules, stay."""
    known = dict(advisory.html)
    if bulletin.texts_version == markup.MARKUP_VERSION:
        known |= bulletin.texts_html or {}
    ours = (each.text for each in bulletin.mitigations if each.is_ours)
    issues = (each.details for each in bulletin.known_issues)
    bulletin.texts_html = rendered([*ours, *issues, *texts_of(advisory)], known)
    bulletin.texts_version = markup.MARKUP_VERSION


def add(bulletin: Bulletin, texts: Iterable[str]) -> None:
    """Render texts that were entered here, beside those that are rendered."""
    known = bulletin.texts_html or {}
    bulletin.texts_html = known | rendered(texts, known)
