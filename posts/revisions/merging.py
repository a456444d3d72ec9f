"""Three-way merge of two changes of one text. Pure functions with bounded work."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

MAX_LINE_PAIRS = 1_000_000  # lines of one side times lines of the other, without common start and end
_Change = tuple[int, int, list[str]]  # (first line of the base, end, replacement)


@dataclass(frozen=True)
class Merged:
    """The merged text; where changes overlap, it has both, theirs first, and `is_clean` is False."""

    text: str
    is_clean: bool


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Merge both changes of `base` line by line; changes of the same or adjacent lines overlap."""
    for one, other in ((mine, theirs), (theirs, mine)):
        if one in (base, other):
            return Merged(other, True)
    lines = base.split("\n")
    own = list(_changes(lines, mine.split("\n")))
    others = list(_changes(lines, theirs.split("\n")))
    merged: list[str] = []
    place = 0
    is_clean = True
    while own or others:
        start, end, group = _next_overlapping(own, others)
        merged += lines[place:start]
        one, other = (_apply(lines, start, end, changes) for changes in group)
        if group[0] and group[1] and one != other:
            is_clean = False
            merged += other + one
        else:
            merged += one if group[0] else other
        place = end
    return Merged("\n".join(merged + lines[place:]), is_clean)


def merge_sets(base: str, mine: str, theirs: str, separator: str) -> str:
    """Merge both changes of a set of words or lines: all additions, all removals; sorted."""
    old, own, others = (set(filter(None, text.split(separator))) for text in (base, mine, theirs))
    return separator.join(sorted((old & own & others) | (own - old) | (others - old)))


def _next_overlapping(
    own: list[_Change], others: list[_Change]
) -> tuple[int, int, tuple[list[_Change], list[_Change]]]:
    """Remove the next group of overlapping changes from both lists: (first line, end, changes of both)."""
    sides = (own, others)
    start = min(side[0][0] for side in sides if side)
    end = start
    group: tuple[list[_Change], list[_Change]] = ([], [])
    while any(side and side[0][0] <= end for side in sides):
        for changes, side in zip(group, sides, strict=True):
            while side and side[0][0] <= end:
                changes.append(side.pop(0))
                end = max(end, changes[-1][1])
    return start, end, group


def _apply(lines: list[str], start: int, end: int, changes: list[_Change]) -> list[str]:
    """Lines of the base from `start` to `end` with these changes."""
    found: list[str] = []
    place = start
    for first, last, replacement in changes:
        found += lines[place:first] + replacement
        place = last
    return found + lines[place:end]


def _changes(before: list[str], after: list[str]) -> Iterator[_Change]:
    """The changes between two texts, in order; a single one where comparing would take too long."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old = before[head : len(before) - tail]
    new = after[head : len(after) - tail]
    if len(old) * len(new) > MAX_LINE_PAIRS or not _is_cheap(new):
        yield head, head + len(old), new
        return
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield head + a, head + b, new[c:d]


def _is_cheap(lines: list[str]) -> bool:
    """Whether no line is repeated so often that SequenceMatcher becomes quadratic."""
    counts: dict[str, int] = {}
    for line in lines:
        counts[line] = counts.get(line, 0) + 1
    return sum(number * number for number in counts.values()) <= 20 * len(lines) + 40_000
