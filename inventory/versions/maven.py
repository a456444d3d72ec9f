"""The order of Maven versions, by the version order specification of the POM reference. Pure.

A version is a list of numbers, words and, after a hyphen or between digits and letters, lists. univers
compares words after a full stop in another way ("9.2.1.jre8", "4.3.RELEASE").
"""

import re
from typing import Any

_WORDS = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_ALIASES = {"ga": "", "final": "", "release": "", "cr": "rc"}
_LETTERS = {"a": "alpha", "b": "beta", "m": "milestone"}  # before a digit
_RELEASE = (_WORDS.index(""), "")
Item = Any  # int, (rank, word) or a list of items


def parse(text: str) -> list[Item]:
    """The items of a version."""
    root: list[Item] = []
    current, lists = root, [root]
    rest = text.strip().casefold().removeprefix("v")
    parts = re.findall(r"[0-9]+|[^0-9.\-]+|[.\-]", rest)
    after_separator = True
    for place, part in enumerate(parts):
        if part in ".-":
            if after_separator:
                current.append(0)  # an empty part is zero
            if part == "-":
                current = _open(current, lists)
            after_separator = True
            continue
        if not after_separator:  # between digits and letters
            current = _open(current, lists)
        is_before_digit = place + 1 < len(parts) and parts[place + 1].isdigit()
        current.append(int(part) if part.isdigit() else _word(part, is_before_digit=is_before_digit))
        after_separator = False
    for each in reversed(lists):
        _trim(each)
    return root


def _open(current: list[Item], lists: list[list[Item]]) -> list[Item]:
    inner: list[Item] = []
    current.append(inner)
    lists.append(inner)
    return inner


def _word(part: str, *, is_before_digit: bool) -> tuple[int, str]:
    word = _LETTERS.get(part, part) if is_before_digit else part
    word = _ALIASES.get(word, word)
    return (_WORDS.index(word), "") if word in _WORDS else (len(_WORDS), word)


def _trim(items: list[Item]) -> None:
    """Remove zeros and releases at the end, and before lists."""
    for place in range(len(items) - 1, -1, -1):
        if items[place] in (0, [], _RELEASE):
            del items[place]
        elif not isinstance(items[place], list):
            break


def compare(first: list[Item], second: list[Item]) -> int:
    """-1, 0 or 1, of two lists."""
    for place in range(max(len(first), len(second))):
        a = first[place] if place < len(first) else None
        b = second[place] if place < len(second) else None
        order = -_against(b, a) if a is None else _against(a, b)
        if order:
            return order
    return 0


def _against(item: Item, other: Item) -> int:
    """Compare an item with another one, or with nothing."""
    if isinstance(item, int):
        if other is None:
            return int(item > 0)
        return (item > other) - (item < other) if isinstance(other, int) else 1
    if isinstance(item, list):
        if other is None:
            return next((order for each in item if (order := _against(each, None))), 0)
        if isinstance(other, list):
            return compare(item, other)
        return -1 if isinstance(other, int) else 1
    if other is None:
        other = _RELEASE
    return (item > other) - (item < other) if isinstance(other, tuple) else -1
