"""Characters that nobody sees: shown, or left where they mean something."""

from pathlib import Path

import pytest

from core.markup.characters import show_directions, visible, visible_line
from core.markup.markup import render, to_text

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "posts" / "titles.txt"


@pytest.mark.parametrize(
    "title",
    [
        "چگونه می‌خواهم سرویس را متوقف کنم؟",
        "क्‍ष and क्‌ष in one title",
        "Family 👨‍👩‍👧 emoji",
        "HeartbeatWriter ❤️‍🔥 and 🏳️‍🌈 flags",
        "Eye 👁️‍🗨️ witness",
        "Flag 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f here",
        "A new emoji \U0001fae8 and one of nobody \ue000",
        "שלום\u200f (1)",
    ],
)
def test_titles_keep_joiners_flags_and_what_unicode_adds_later(title):
    assert visible_line(title) == title


def test_the_collected_titles_stay_as_they_are():
    for title in CASES.read_text().splitlines():
        assert visible_line(title) == " ".join(title.split())


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ad\u200cmin", "Admin"),
        ("\u200da\u200d", "a"),
        ("Kerb\u200beros so\u00adft\ufeff", "Kerberos soft"),
        ("a\x00b\x1b[31m\x7f", "a␀b␛[31m␡"),
        ("a\rb\u2028c\x85d\te", "a b c d e"),
        ("a\ud800b", "a\ufffdb"),
        ("user\u202eresu\u2066x", "user[U+202E]resu[U+2066]x"),
        ("\x91", "\ufffd"),
    ],
)
def test_what_could_not_be_seen_in_a_line_is_shown(typed, shown):
    assert visible_line(typed) == shown


def test_every_kind_of_line_end_is_one():
    assert visible("\ufeffa\rb\r\nc\u2028d\u2029e\x85f\n") == "a\nb\nc\nd\ne\nf\n"


def test_marks_of_direction_are_seen_in_text_and_code_however_they_are_written():
    page = render('a\u202eb &#x2067; `c\u2066d` [e](https://a.b "\u202b")\n\n```\nif x:\u202e y\n```').html
    assert not any(mark in page for mark in "\u202e\u2067\u2066\u202b")
    assert "a[U+202E]b [U+2067] c[U+2066]d" in to_text(page) and "if x:[U+202E] y" in page
    assert show_directions("مرحبا\u200f abc") == "مرحبا\u200f abc"
