"""Two changes of one text: whether they fit together, and what both make of it. Pure; the work is bounded."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

MAX_COMPARED = 1_000_000  # lines of one side times lines of the other, without what both begin and end with
_Change = tuple[int, int, list[str]]  # lines of the base from, to (excluded), and what is there instead


@dataclass(frozen=True)
class Merged:
    """The text of both changes; where they touch, `is_clean` is false and both stand, theirs first."""

    text: str
    is_clean: bool


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Both changes of `base`, line by line; changes touch where they concern the same or adjacent lines."""
    for one, other in ((mine, theirs), (theirs, mine)):
        if one in (base, other):
            return Merged(other, True)
    lines = base.split("\n")
    ours, others = list(_changes(lines, mine.split("\n"))), list(_changes(lines, theirs.split("\n")))
    merged: list[str] = []
    place, is_clean = 0, True
    while ours or others:
        start = min(side[0][0] for side in (ours, others) if side)
        end, taken = start, ([], [])
        while True:
            for number, side in enumerate((ours, others)):
                while side and side[0][0] <= end:
                    taken[number].append(side.pop(0))
                    end = max(end, taken[number][-1][1])
            if not any(side and side[0][0] <= end for side in (ours, others)):
                break
        merged += lines[place:start]
        one, other = (_with(lines, start, end, changes) for changes in taken)
        if taken[0] and taken[1] and one != other:
            is_clean = False
            merged += other + one
        else:
            merged += one if taken[0] else other
        place = end
    return Merged("\n".join(merged + lines[place:]), is_clean)


def merge_sets(base: str, mine: str, theirs: str, separator: str) -> str:
    """Both changes of a set of words or lines, sorted: with what was added, without what was removed."""
    old, ours, others = ({each for each in text.split(separator) if each} for text in (base, mine, theirs))
    return separator.join(sorted((old & ours & others) | (ours - old) | (others - old)))


def _with(lines: list[str], start: int, end: int, changes: list[_Change]) -> list[str]:
    """Lines of the base from `start` to `end` with some changes in them."""
    found, place = [], start
    for first, last, instead in changes:
        found += lines[place:first] + instead
        place = last
    return found + lines[place:end]


def _changes(before: list[str], after: list[str]) -> Iterator[_Change]:
    """What differs between two texts, in order; as one change where comparing them would take too long."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if len(old) * len(new) > MAX_COMPARED or not _is_cheap(new):
        yield head, head + len(old), new
        return
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield head + a, head + b, new[c:d]


def _is_cheap(lines: list[str]) -> bool:
    """Whether no line stands there so often that each look for the longest match visits all of them."""
    counts: dict[str, int] = {}
    for line in lines:
        counts[line] = counts.get(line, 0) + 1
    return sum(number * number for number in counts.values()) <= 20 * len(lines) + 40_000
