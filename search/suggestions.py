"""Suggestions of the search box while the user types."""

import re

from flask import current_app, url_for
from flask_babel import gettext as _

from auth.models import User, Visitor
from search import changes, queries
from search.analysis import identifier_prefix
from search.engines.base import Unavailable

MIN_PREFIX_LENGTH = 2  # characters
MAX_PREFIX_LENGTH = 60  # characters
MAX_SUGGESTIONS = 8
MAX_IDENTIFIERS = 4
CANDIDATES_PER_SUGGESTION = 3  # stems also complete titles that do not match as typed
Suggestion = dict[str, str]


def suggest(text: str, *, user: User | Visitor) -> list[Suggestion]:
    """Up to MAX_SUGGESTIONS of {"text", "url", "kind"}: identifiers and titles with the typed prefix."""
    typed = " ".join(text[:MAX_PREFIX_LENGTH].split())
    if len(typed) < MIN_PREFIX_LENGTH:
        return []
    try:
        with current_app.extensions["search"].view(changes.hidden_keys()) as index:
            prefix = identifier_prefix(typed)
            names = index.identifiers_with_prefix(prefix, MAX_IDENTIFIERS) if prefix else []
            keys = index.complete_title(typed, MAX_SUGGESTIONS * CANDIDATES_PER_SUGGESTION)
    except Unavailable:
        return []
    return [*map(_identifier_suggestion, names), *_title_suggestions(keys, typed, user)][:MAX_SUGGESTIONS]


def _identifier_suggestion(term: str) -> Suggestion:
    shown = term if term.startswith("0x") else term.upper()
    return {"text": shown, "url": url_for("search.search", q=shown), "kind": _("identifier")}


def _title_suggestions(keys: list[str], typed: str, user: User | Visitor) -> list[Suggestion]:
    """Titles with a word that has the typed prefix (the index compares stems); titles that start so first."""
    prefix = re.compile(r"(?<![^\W_])" + re.escape(typed.rsplit(maxsplit=1)[-1]), re.IGNORECASE)
    hits = [hit for hit in queries.load_hits(keys, user, set()) if prefix.search(hit.title)]
    hits.sort(key=lambda hit: not hit.title.casefold().startswith(typed.casefold()))
    return [{"text": hit.title, "url": hit.url, "kind": hit.kind} for hit in hits]
