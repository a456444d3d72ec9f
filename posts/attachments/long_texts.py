"""Splits a text that is too long for a post: its longest part becomes an attachment."""

import re
from dataclasses import dataclass

_FENCE = re.compile(r"(`{3,}|~{3,})([^`\n]*)")
MIN_INTRODUCTION_CHARACTERS = 40
MAX_INTRODUCTION_CHARACTERS = 2_000


@dataclass(frozen=True)
class Split:
    """The parts of a text: `before` and `after` stay, `log` becomes the file `name`."""

    before: str
    log: str
    after: str
    name: str


def split(text: str, most: int) -> Split:
    """Take the longest code block out of `text`, or all but its first paragraph when that is not enough.

    The rest is short enough for the link too. `most` is the limit of the text in characters.
    """
    text = text.replace("\r\n", "\n")
    start, end, inner = _longest_block(text)
    if len(text) - (end - start) < most - 500 and inner:
        return Split(text[:start].rstrip(), inner, text[end:].lstrip("\n"), "log.txt")
    first, _gap, rest = text.partition("\n\n")
    if rest and MIN_INTRODUCTION_CHARACTERS <= len(first) <= MAX_INTRODUCTION_CHARACTERS:
        return Split(first, rest, "", "log.txt")
    return Split("", text, "", "log.txt")


def _longest_block(text: str) -> tuple[int, int, str]:
    """(start, end, content) of the longest fenced code block; an unclosed one reaches to the end."""
    best = (0, 0, "")
    opened: tuple[int, int, str] | None = None  # start of the fence, of its content, its marks
    position = 0
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line.lstrip(" "))
        if opened is None and found:
            opened = (position, position + len(line), found[1])
        elif opened is not None and found and found[1].startswith(opened[2]) and not found[2].strip():
            if position - opened[1] > len(best[2]):
                best = (opened[0], position + len(line), text[opened[1] : position])
            opened = None
        position += len(line)
    if opened is not None and position - opened[1] > len(best[2]):
        best = (opened[0], position, text[opened[1] :])
    return best
