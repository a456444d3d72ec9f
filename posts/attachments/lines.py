"""The lines of a text file, in parts that a page can show."""

import re
from dataclasses import dataclass

from core.markup.characters import show_directions, visible

LINES_PER_PART = 1_000
MAX_LINE_CHARACTERS = 2_000  # of a line on the page; the file has all
MAX_FOUND = 500
MAX_WORDS_CHARACTERS = 100
_LINE = re.compile(r"\r\n|[\n\r]")


@dataclass(frozen=True)
class Part:
    """Lines to show as (number, text); `previous` and `following` are the first lines of other parts."""

    lines: list[tuple[int, str]]
    total: int
    previous: int | None = None
    following: int | None = None
    is_cut: bool = False


def part(text: str, first: int) -> Part:
    """The part that contains the line `first`."""
    every = _split(text)
    start = max(0, (min(max(first, 1), max(len(every), 1)) - 1) // LINES_PER_PART * LINES_PER_PART)
    shown = every[start : start + LINES_PER_PART]
    end = start + len(shown)
    return Part(
        [(start + number, _shown(line)) for number, line in enumerate(shown, 1)],
        len(every),
        previous=start - LINES_PER_PART + 1 if start else None,
        following=end + 1 if end < len(every) else None,
    )


def find(text: str, words: str) -> Part:
    """The lines that contain `words`, in any case."""
    every = _split(text)
    wanted = words.casefold()
    found: list[tuple[int, str]] = []
    for number, line in enumerate(every, 1):
        if wanted in line.casefold():
            if len(found) >= MAX_FOUND:
                return Part(found, len(every), is_cut=True)
            found.append((number, _shown(line)))
    return Part(found, len(every))


def _split(text: str) -> list[str]:
    every = _LINE.split(text)
    return every[:-1] if every and every[-1] == "" else every


def _shown(line: str) -> str:
    more = "…" if len(line) > MAX_LINE_CHARACTERS else ""
    return show_directions(visible(line[:MAX_LINE_CHARACTERS])) + more
