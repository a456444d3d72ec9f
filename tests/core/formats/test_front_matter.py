"""YAML from outside stays what was written."""

from datetime import date

import pytest

from core.formats.front_matter import MAX_BYTES, InvalidFrontMatter, load


def test_only_dates_yes_no_and_nothing_are_read():
    facts, text = load(b"---\na: 1.10\nb: 010\nc: no\nd: 2024-02-29\ne: null\nf: 12:30\n---\nBelow\n")
    assert facts == {"a": "1.10", "b": "010", "c": False, "d": date(2024, 2, 29), "e": None, "f": "12:30"}
    assert text == "Below"


def bomb(depth):
    lines = ["a0: &a0 [x, x, x]"] + [
        f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]" for n in range(1, depth)
    ]
    return ("---\n" + "\n".join(lines) + "\n---\n").encode()


@pytest.mark.parametrize(
    "raw",
    [
        bomb(9),
        b"---\na: !!python/object/new:os.system [id]\n---\n",
        b"---\na: " + b"[" * 5000 + b"\n---\n",
        b"---\na: " + b"{a: " * 50 + b"}" * 50 + b"\n---\n",
        b"x" * (MAX_BYTES + 1),
        b"",
        b"text",
        b"---\n---\n",
        b"---\n- x\n---\n",
        b"---\na: 2024-99-99\n---\n",
        b"---\n\xff: 1\n---\n",
        b"---\n? [a]\n: b\n---\n",
        b"---\n" + b"a: [" + b"x, " * 150_000 + b"]\n---\n",
    ],
)
def test_anything_else_is_refused(raw):
    with pytest.raises(InvalidFrontMatter):
        load(raw)
