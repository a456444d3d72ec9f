"""What stands under the search box while one types."""

import re

from flask import current_app, url_for
from flask_babel import gettext as _

from search import changes, queries
from search.analysis import begun_identifier
from search.engines.base import Unavailable

SHORTEST, LONGEST, MOST, IDENTIFIERS = 2, 60, 8, 4
Suggestion = dict[str, str]


def suggest(text: str, *, user) -> list[Suggestion]:
    """Up to MOST of {"text", "url", "kind"}: identifiers, tags, titles and members that go on as typed."""
    start = " ".join(text[:LONGEST].split())
    if len(start) < SHORTEST:
        return []
    try:
        with current_app.extensions["search"].view(changes.hidden()) as index:
            begun = begun_identifier(start)
            names = index.identifiers(begun, IDENTIFIERS) if begun else []
            keys = index.completed(start, MOST * 3)
    except Unavailable:
        return []
    return [*map(_identifier, names), *_titles(keys, start, user)][:MOST]


def _identifier(term: str) -> Suggestion:
    shown = term if term.startswith("0x") else term.upper()
    return {"text": shown, "url": url_for("search.search", q=shown), "kind": _("identifier")}


def _titles(keys: list[str], start: str, user) -> list[Suggestion]:
    """The titles that do go on as typed (stems only promise it), those that begin so first."""
    begun = re.compile(r"(?<![^\W_])" + re.escape(start.rsplit(maxsplit=1)[-1]), re.IGNORECASE)
    hits = [hit for hit in queries.load(keys, user, set()) if begun.search(hit.title)]
    hits.sort(key=lambda hit: not hit.title.casefold().startswith(start.casefold()))
    return [{"text": hit.title, "url": hit.url, "kind": hit.kind} for hit in hits]
