"""Comparison of two texts, side by side: aligned lines, marked words, limited number of steps.

Comparisons are stored as positions only, so that a redaction leaves no copy of a text; a stored comparison is
used only if its fingerprint matches the texts.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise, zip_longest
from typing import NamedTuple

from core.limits.budgets import Budget, BudgetExceeded

MAX_LINE_STEPS = 120_000  # for all lines of two texts
MAX_WORD_STEPS = 120_000  # for all words of two texts
MAX_STEPS_PER_LINE = 20_000  # for the words of one pair of lines
MAX_SECONDS = 1.0  # of processor time
MAX_LINE_CHARACTERS = 2_000  # both lines together; longer ones are marked as a whole
CONTEXT_LINES = 8  # unchanged lines shown around a change
MAX_ROWS = 3_000
VERSION = 1
WORD = re.compile(r"\s+|\w+|[^\w\s]")
Part = tuple[str, bool]
Block = tuple[int, int, int]  # so many equal items from here on the left, from there on the right


class Row(NamedTuple):
    """A line on each side; or the number of omitted `unchanged` lines, or of `more` lines at the end."""

    left_number: int | None
    left: list[Part]
    right_number: int | None
    right: list[Part]
    unchanged: int = 0
    more: int = 0


class Comparison(NamedTuple):
    """The changes, and the number of steps of the comparison."""

    changes: dict
    steps: int


def compare(old: str, new: str) -> Comparison:
    """Changed runs of lines as `[a, b, c, d, words]`: left lines a to b became right lines c to d.

    `words` has for each pair of lines the changed ranges of characters on either side, or nothing when the
    lines are marked whole.
    """
    left = _lines(old)
    right = _lines(new)
    lines = Budget(MAX_LINE_STEPS, MAX_SECONDS)
    words = Budget(MAX_WORD_STEPS, MAX_SECONDS)
    runs = []
    for a, b, c, d in _gaps(_aligned(left, right, lines), len(left), len(right)):
        pairs = zip(left[a:b], right[c:d], strict=False)
        runs.append([a, b, c, d, [_changed(before, after, words) for before, after in pairs]])
    return Comparison(
        {"version": VERSION, "of": fingerprint(old, new), "runs": runs},
        min(lines.used, MAX_LINE_STEPS) + min(words.used, MAX_WORD_STEPS),
    )


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []


def fingerprint(old: str, new: str) -> str:
    """A hash that identifies the two texts of a stored comparison."""
    both = f"{len(old)}:{old}{new}".encode("utf-8", "replace")
    return sha256(both).hexdigest()[:24]


def side_by_side(old: str, new: str, stored: dict | None = None) -> list[Row]:
    """Rows for a page, from the stored comparison if it matches the texts, else compared now."""
    changes = stored or {}
    if changes.get("version") != VERSION or changes["of"] != fingerprint(old, new):
        changes = compare(old, new).changes
    rows = list(_rows(_lines(old), _lines(new), changes["runs"]))
    if len(rows) > MAX_ROWS:
        rows[MAX_ROWS:] = [Row(None, [], None, [], more=len(rows) - MAX_ROWS)]
    return rows


def _rows(left: list[str], right: list[str], runs: list) -> Iterator[Row]:
    i = j = 0
    for number, (a, b, c, d, words) in enumerate([*runs, (len(left), len(left), len(right), len(right), [])]):
        yield from _unchanged(left, i, j, a - i, is_first=number == 0, is_last=number == len(runs))
        for n, (before, after) in enumerate(zip_longest(left[a:b], right[c:d])):
            spans = words[n] if n < len(words) and words[n] else ([], [])
            yield Row(
                None if before is None else a + n + 1,
                _parts(before, spans[0]),
                None if after is None else c + n + 1,
                _parts(after, spans[1]),
            )
        i = b
        j = d


def _unchanged(
    left: list[str], i: int, j: int, count: int, *, is_first: bool, is_last: bool
) -> Iterator[Row]:
    head = 0 if is_first else CONTEXT_LINES
    tail = 0 if is_last else CONTEXT_LINES
    hidden = count - head - tail
    for n in range(count):
        if hidden > 1 and head <= n < count - tail:
            if n == head:
                yield Row(None, [], None, [], unchanged=hidden)
            continue
        part = [(left[i + n], False)]
        yield Row(i + n + 1, part, j + n + 1, part)


def _parts(line: str | None, spans: list[int]) -> list[Part]:
    """A line divided at its changed ranges; without ranges the whole line is changed."""
    if line is None:
        return [("", True)]
    if not spans:
        return [(line, True)]
    cuts = [0, *spans, len(line)]
    return [(line[start:end], n % 2 == 1) for n, (start, end) in enumerate(pairwise(cuts)) if start < end]


def _changed(before: str, after: str, budget: Budget) -> list[list[int]]:
    """Changed ranges of characters, `[start, end, …]`, in each of two lines; [] for whole lines."""
    if len(before) + len(after) > MAX_LINE_CHARACTERS:
        return []
    a = WORD.findall(before)
    b = WORD.findall(after)
    line_budget = Budget(min(MAX_STEPS_PER_LINE, max(budget.left, 0)), MAX_SECONDS)
    try:
        same = _common(a, b, line_budget)
    except BudgetExceeded:
        return []
    finally:
        budget.left -= min(line_budget.used, line_budget.steps)
    if not same:
        return []
    return [_ranges(a, [(i, n) for i, _, n in same]), _ranges(b, [(j, n) for _, j, n in same])]


def _ranges(words: list[str], same: list[tuple[int, int]]) -> list[int]:
    """Start and end positions, in characters, of the words that are not in `same`."""
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word))
    found: list[int] = []
    at = 0
    for start, count in [*same, (len(words), 0)]:
        if start > at:
            found += [ends[at], ends[start]]
        at = start + count
    return found or [0, 0]


def _gaps(blocks: list[Block], n: int, m: int) -> Iterator[tuple[int, int, int, int]]:
    """The ranges between equal blocks: (left from, to, right from, to)."""
    i = j = 0
    for a, c, count in [*blocks, (n, m, 0)]:
        if a > i or c > j:
            yield i, a, j, c
        i = a + count
        j = c + count


def _aligned(left: list[str], right: list[str], budget: Budget) -> list[Block]:
    """Equal blocks of lines.

    Aligned at lines that are unique on both sides; between them by the shortest edit, within the budget.
    """
    blocks: list[Block] = []
    i = j = 0
    for a, c in [*_anchors(left, right), (len(left), len(right))]:
        try:
            between = _common(left[i:a], right[j:c], budget)
        except BudgetExceeded:
            between = _ends(left[i:a], right[j:c])
        blocks += [(i + x, j + y, n) for x, y, n in between]
        if a < len(left):
            blocks.append((a, c, 1))
        i = a + 1
        j = c + 1
    return _merged(blocks)


def _merged(blocks: list[Block]) -> list[Block]:
    merged: list[Block] = []
    for a, c, n in blocks:
        if n and merged and merged[-1][0] + merged[-1][2] == a and merged[-1][1] + merged[-1][2] == c:
            merged[-1] = (*merged[-1][:2], merged[-1][2] + n)
        elif n:
            merged.append((a, c, n))
    return merged


def _anchors(left: list[str], right: list[str]) -> list[tuple[int, int]]:
    """The longest chain of pairs of equal lines that are unique on their sides and do not cross."""
    once = {line for line, n in Counter(left).items() if n == 1}
    where = {line: n for line, n in Counter(right).items() if n == 1 and line in once}
    where = {line: j for j, line in enumerate(right) if line in where}
    tails: list[int] = []
    ends: list[int] = []
    chain: list[tuple[int, int, int]] = []  # left, right, the link before it
    for i, line in enumerate(left):
        if (j := where.get(line)) is not None:
            at = bisect_left(tails, j)
            chain.append((i, j, ends[at - 1] if at else -1))
            tails[at : at + 1] = [j]
            ends[at : at + 1] = [len(chain) - 1]
    found = []
    at = ends[-1] if ends else -1
    while at >= 0:
        i, j, at = chain[at]
        found.append((i, j))
    return found[::-1]


def _ends(a: list[str], b: list[str]) -> list[Block]:
    """The equal blocks at the beginning and at the end."""
    shorter = min(len(a), len(b))
    start = 0
    while start < shorter and a[start] == b[start]:
        start += 1
    end = 0
    while end < shorter - start and a[-1 - end] == b[-1 - end]:
        end += 1
    return [block for block in ((0, 0, start), (len(a) - end, len(b) - end, end)) if block[2]]


def _common(a: list[str], b: list[str], budget: Budget) -> list[Block]:
    """Equal blocks of the shortest edit from `a` to `b`. Raises Spent."""
    ends = _ends(a, b)
    start = ends[0][2] if ends and ends[0][0] == ends[0][1] == 0 else 0
    end = sum(n for _, _, n in ends) - start
    budget.spend(start + end)
    middle = _shortest(a[start : len(a) - end], b[start : len(b) - end], budget)
    moved = [(i + start, j + start, n) for i, j, n in middle]
    return _merged([(0, 0, start), *moved, (len(a) - end, len(b) - end, end)])


def _shortest(a: list[str], b: list[str], budget: Budget) -> list[Block]:
    """Myers' greedy algorithm: the work grows with the number of differences. Raises Spent."""
    n = len(a)
    m = len(b)
    if not n or not m:
        return []
    furthest = {1: 0}
    trace: list[dict[int, int]] = []
    for distance in range(n + m + 1):
        budget.spend(2 * distance + 1)
        trace.append(furthest.copy())
        for k in range(-distance, distance + 1, 2):
            down = k == -distance or (k != distance and furthest[k - 1] < furthest[k + 1])
            x = furthest[k + 1] if down else furthest[k - 1] + 1
            start = x
            while x < n and x - k < m and a[x] == b[x - k]:
                x += 1
            if x > start:
                budget.spend(x - start)
            furthest[k] = x
            if x >= n and x - k >= m:
                return _backtrack(trace, n, m)
    return []


def _backtrack(trace: list[dict[int, int]], x: int, y: int) -> list[Block]:
    """The equal blocks on the path that ends at (x, y)."""
    blocks: list[Block] = []
    for distance in range(len(trace) - 1, -1, -1):
        furthest = trace[distance]
        k = x - y
        down = k == -distance or (k != distance and furthest[k - 1] < furthest[k + 1])
        before_k = k + 1 if down else k - 1
        before_x = furthest[before_k] if distance else 0
        before_y = before_x - before_k if distance else 0
        at_x = before_x if down else before_x + 1
        at_y = before_y + 1 if down else before_y
        if not distance:
            at_x = at_y = 0
        if x > at_x:
            blocks.append((at_x, at_y, x - at_x))
        x = before_x
        y = before_y
    return blocks[::-1]
