"""Two texts side by side: lines aligned, changed words marked; the cost is bounded."""

import re
from difflib import SequenceMatcher
from itertools import zip_longest

MAX_LINES, MAX_LINE = 4000, 2000
Part = tuple[str, bool]
Row = tuple[int | None, list[Part], int | None, list[Part]]


def side_by_side(old: str, new: str) -> list[Row]:
    """Rows of (left number, left parts, right number, right parts); a part is (text, changed)."""
    left, right = old.splitlines()[:MAX_LINES], new.splitlines()[:MAX_LINES]
    rows: list[Row] = []
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=True).get_opcodes():
        if tag == "equal":
            for offset in range(b - a):
                text = left[a + offset]
                rows.append((a + offset + 1, [(text, False)], c + offset + 1, [(text, False)]))
            continue
        for i, j in zip_longest(range(a, b), range(c, d)):
            before = left[i] if i is not None else None
            after = right[j] if j is not None else None
            one, two = _words(before, after)
            rows.append((None if i is None else i + 1, one, None if j is None else j + 1, two))
    return rows


def _words(before: str | None, after: str | None) -> tuple[list[Part], list[Part]]:
    if before is None or after is None or len(before) + len(after) > MAX_LINE:
        return [(before or "", True)], [(after or "", True)]
    a, b = re.findall(r"\s+|\w+|[^\w\s]", before), re.findall(r"\s+|\w+|[^\w\s]", after)
    left: list[Part] = []
    right: list[Part] = []
    for tag, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        left.append(("".join(a[i:j]), tag != "equal"))
        right.append(("".join(b[k:m]), tag != "equal"))
    return left, right
