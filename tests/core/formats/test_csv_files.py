"""CSV that opens without running anything."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.formats.csv_files import cell, starts_formula, to_csv

SIGNS = ("=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠SUM(A1)", "﹦1", "﹢1", "﹣1", "﹫A", "−1")
UNSEEN = (
    " ",
    "   ",
    "\t",
    "\r",
    "\n",
    "\x0b",
    "\x1f",
    "\x85",
    "\u00a0",
    "\u1680",
    "\u2003",
    "\u200b",
    "\u2028",
    "\u202e",
    "\u2060",
    "\u3000",
    "\ufeff",
    " \t ",
)


@pytest.mark.parametrize(
    "text",
    [
        *SIGNS,
        *(before + "=1" for before in UNSEEN),
        "\u3000＝1",
        " ＋1",
        "=cmd|' /C calc'!A0",
        "\tplain",
        "\rplain",
    ],
)
def test_formulas_are_made_text(text):
    assert cell(text) == "'" + text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (3, "3"),
        (-3, "-3"),
        (True, "true"),
        ("a=b", "a=b"),
        (" a=b", " a=b"),
        ("\u3000", "\u3000"),
        ("", ""),
        ("é", "é"),
        ("１", "１"),
        ("(-1)", "(-1)"),
    ],
)
def test_other_values_stay(value, written):
    assert cell(value) == written


@given(st.lists(st.lists(st.text(st.characters(blacklist_categories=["Cs"])), min_size=2, max_size=2)))
def test_no_cell_of_text_starts_a_formula_and_nothing_is_lost(rows):
    read = list(csv.reader(io.StringIO(to_csv(["a", "b"], rows), newline="")))[1:]
    assert not any(starts_formula(text) for row in read for text in row)
    assert [[text.removeprefix("'") for text in row] for row in read] == [
        [text.replace("\x00", "").removeprefix("'") for text in row] for row in rows
    ]


@given(
    st.text(st.sampled_from(" \t\r\n\x0b\u00a0\u2009\u3000\u200b\ufeff"), max_size=4),
    st.sampled_from("=+-@＝＋－＠"),
    st.text(st.characters(blacklist_categories=["Cs"])),
)
def test_nothing_unseen_hides_a_sign(before, sign, rest):
    assert cell(before + sign + rest).startswith("'")
