"""Snippets of text around the matches of a query."""

import re

from search.analysis import is_identifier, tokens

MAX_TEXT_LENGTH = 60_000  # characters that are searched for matches
SNIPPET_LENGTH = 240  # characters
LEAD_LENGTH = 40  # characters before the first match
Parts = list[tuple[str, bool]]


def snippet(text: str, query_terms: set[str], length: int = SNIPPET_LENGTH) -> Parts:
    """About `length` characters around the densest matches, as (text, is a match) parts."""
    text = " ".join(text[:MAX_TEXT_LENGTH].split())
    found = match_spans(text, query_terms)
    first = _densest(found, length) if len(text) > length else 0
    if first:
        first = text.rfind(" ", 0, first) + 1
    last = min(len(text), first + length)
    if last < len(text):
        last = text.rfind(" ", first, last) if text.rfind(" ", first, last) > first else last
    parts: Parts = [("… ", False)] if first else []
    position = first
    for start, end in found:
        if start >= position and end <= last:
            parts += [(text[position:start], False), (text[start:end], True)]
            position = end
    parts.append((text[position:last] + (" …" if last < len(text) else ""), False))
    return [part for part in parts if part[0]]


def highlight(text: str, query_terms: set[str]) -> Parts:
    """A whole short text as (text, is a match) parts."""
    return snippet(text, query_terms, len(text))


def match_spans(text: str, query_terms: set[str]) -> list[tuple[int, int]]:
    """Sorted (start, end) of all matches.

    Only words with the beginning of a query term are stemmed, for speed: stems differ at the end only.
    """
    starts = {re.escape(term[: max(2, len(term) - 2)]) for term in query_terms if not is_identifier(term)}
    found = []
    if any(map(is_identifier, query_terms)):
        found = [
            (start, end) for term, start, end, kind in tokens(text) if kind != "word" and term in query_terms
        ]
    if starts:
        for match in re.finditer(
            rf"(?<![^\W_])(?:{'|'.join(sorted(starts))})[^\W_]*(?:['’][^\W_]+)?", text, re.IGNORECASE
        ):
            if any(term in query_terms for term, *_ in tokens(match[0])):
                found.append(match.span())
    return sorted(set(found))


def _densest(found: list[tuple[int, int]], length: int) -> int:
    """Start of the window of `length` characters with most matches."""
    best = 0
    most = 0
    last = 0
    for first, (start, _end) in enumerate(found):
        while last < len(found) and found[last][1] <= start + length - LEAD_LENGTH:
            last += 1
        if last - first > most:
            best = max(0, start - LEAD_LENGTH)
            most = last - first
    return best
