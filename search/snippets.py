"""The few words of a text around what was looked for, the matches marked."""

import re

from search.analysis import is_identifier, tokens

MAX_TEXT = 60_000
LENGTH = 240
BEFORE = 40
Parts = list[tuple[str, bool]]


def snippet(text: str, wanted: set[str], length: int = LENGTH) -> Parts:
    """About `length` characters around the densest matches, as (text, is a match) parts."""
    text = " ".join(text[:MAX_TEXT].split())
    found = spots(text, wanted)
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


def marked(text: str, wanted: set[str]) -> Parts:
    """The whole of a short text with its matches marked."""
    return snippet(text, wanted, len(text))


def spots(text: str, wanted: set[str]) -> list[tuple[int, int]]:
    """(start, end) of every match, in order.

    Only words that begin as a wanted stem does are stemmed; a stem differs from its words at the end.
    """
    starts = {re.escape(term[: max(2, len(term) - 2)]) for term in wanted if not is_identifier(term)}
    found = []
    if any(map(is_identifier, wanted)):
        found = [(start, end) for term, start, end, kind in tokens(text) if kind != "word" and term in wanted]
    if starts:
        for match in re.finditer(
            rf"(?<![^\W_])(?:{'|'.join(sorted(starts))})[^\W_]*(?:['’][^\W_]+)?", text, re.IGNORECASE
        ):
            if any(term in wanted for term, *_ in tokens(match[0])):
                found.append(match.span())
    return sorted(set(found))


def _densest(found: list[tuple[int, int]], length: int) -> int:
    """Where to begin so that most matches are within `length`."""
    best, most, last = 0, 0, 0
    for first, (start, _end) in enumerate(found):
        while last < len(found) and found[last][1] <= start + length - BEFORE:
            last += 1
        if last - first > most:
            best, most = max(0, start - BEFORE), last - first
    return best
