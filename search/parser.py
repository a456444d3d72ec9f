"""Our own query language; never raises, everything capped.

    tag:dns user:ada kind:article is:accepted layer:host before:2026 after:2025-03 "whole phrase" -not
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from search.analysis import terms

MAX_LENGTH, MAX_TERMS, MAX_PHRASES, MAX_FILTERS = 400, 12, 3, 8
STATES = ("answered", "unanswered", "accepted", "verified")
KINDS = ("question", "answer", "article", "user", "tag")
LAYERS = ("perimeter", "network", "host", "application", "data")
_TOKEN = re.compile(r'(-?)"([^"]*)"|(-?)(\w+):("[^"]*"|[^\s"]*)|(\S+)')


@dataclass
class Query:
    """What was asked: stemmed terms, phrases (lists of terms), exclusions, filters, and warnings."""

    text: str = ""
    terms: list[str] = field(default_factory=list)
    phrases: list[list[str]] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    before: datetime | None = None
    after: datetime | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def has_filters(self) -> bool:
        """Whether anything but words was asked."""
        return bool(self.tags or self.users or self.kinds or self.states or self.layers
                    or self.before or self.after)

    @property
    def is_empty(self) -> bool:
        """Whether nothing to look for is left."""
        return not (self.terms or self.phrases or self.has_filters)


def parse(text: str) -> Query:
    """Text from the search box → Query."""
    query = Query(text="".join(c if c.isprintable() else " " for c in text[:MAX_LENGTH]).strip())
    if len(text) > MAX_LENGTH:
        query.warnings.append(f"Only the first {MAX_LENGTH} characters were used.")
    plain: list[str] = []
    for match in _TOKEN.finditer(query.text):
        minus, phrase, minus_field, name, value, word = match.groups()
        if phrase is not None:
            _phrase(query, phrase, bool(minus))
        elif name is not None and _filter(query, name.lower(), value.strip('"').lower()):
            continue
        elif (word or match[0]).startswith("-") and len(match[0]) > 1:
            query.excluded += terms(match[0][1:])
        else:
            plain.append(match[0])
    query.terms = list(dict.fromkeys(terms(" ".join(plain))))
    for name, most in (("terms", MAX_TERMS), ("excluded", MAX_TERMS)):
        if len(getattr(query, name)) > most:
            setattr(query, name, getattr(query, name)[:most])
            query.warnings.append(f"Only the first {most} words were used.")
    return query


def _phrase(query: Query, text: str, excluded: bool) -> None:
    found = terms(text)[:MAX_TERMS]
    if excluded:
        query.excluded += found
    elif len(found) > 1 and len(query.phrases) < MAX_PHRASES:
        query.phrases.append(found)
    else:
        query.terms += found


def _filter(query: Query, name: str, value: str) -> bool:
    """Use `name:value` as a filter; False when it is just words with a colon."""
    lists = {"tag": (query.tags, None), "user": (query.users, None), "kind": (query.kinds, KINDS),
             "is": (query.states, STATES), "layer": (query.layers, LAYERS)}
    if name in lists:
        target, allowed = lists[name]
        if allowed and value.rstrip("s") in allowed:
            value = value.rstrip("s")
        if not value or (allowed and value not in allowed):
            query.warnings.append(f"{name}: takes " + (", ".join(allowed) if allowed else "a name"))
        elif len(target) < MAX_FILTERS:
            target.append(value[:60])
        return True
    if name in ("before", "after"):
        moment = _date(value)
        if moment is None:
            query.warnings.append(f"{name}: takes a date such as 2026-03-01")
        else:
            setattr(query, name, moment)
        return True
    return False


def _date(value: str) -> datetime | None:
    match = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", value)
    try:
        return match and datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1), tzinfo=UTC)
    except ValueError:
        return None
