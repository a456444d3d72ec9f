"""Whatever was typed is on the page, as markup or as the characters themselves."""

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.markup.markup import TooLong, render, to_text
from core.web.fields import Markdown

MARKS = [
    "*",
    "**",
    "_",
    "~~",
    "`",
    "```",
    "[",
    "]",
    "(",
    ")",
    "](",
    "![",
    "]: ",
    "[^",
    ">",
    "- ",
    "1. ",
    "    ",
    "|",
    "|-|-|\n",
    "#",
    "---\n",
    "\n",
    "\n\n",
    " ",
    "<",
    "</",
    "<!--",
    "\\",
    "&",
    ";",
    "http://",
    "@",
    "missing:",
    "tel:",
    "\r",
    "\x00",
    "<kbd>",
    "</kbd>",
    "~~~",
    "=",
    "+",
    ":",
    "'",
    '"',
    "\t",
]


@st.composite
def texts(draw):
    """Marks of all kinds, and words that are counted through."""
    parts = draw(st.lists(st.one_of(st.sampled_from(MARKS), st.none()), min_size=3, max_size=40))
    return "".join(f"word{n}x" if part is None else part for n, part in enumerate(parts))


@given(texts())
@settings(max_examples=200, deadline=None)
def test_every_word_that_was_typed_is_on_the_page(text):
    page = html.unescape(render(text).html)
    for word in re.findall(r"word\d+x", text):
        assert word in page, (word, text, page)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (">" * 25 + " deep words", [">" * 6 + " deep words"]),
        ("".join(f"{'  ' * n}- item{n}\n" for n in range(14)), [f"item{n}" for n in range(14)]),
        ("1. " * 30 + "deep", ["1. 1. 1.", "deep"]),
        ("> - " * 30 + "deep", ["> - > - ", "deep"]),
        ("*a " * 30 + "x" + " a*" * 30, ["*a *a"]),
        ("| a | b |\n|-|-|\n| 1 | 2 | three | `four` |", ["2 | three | four"]),
        ("[unused]: https://a.b 'words'", ["[unused]: https://a.b 'words'"]),
        ("[a]: https://a.b\n[a]: https://c.d\n\n[a]", ["[a]: https://c.d"]),
        ("Text[^1].\n\n[^1]: note", ["Text[^1].", "[^1]: note"]),
        (
            "[a](tel:112) [b](javascript:x) <ftp://a.b/c>",
            ["[a](tel:112)", "[b](javascript:x)", "<ftp://a.b/c>"],
        ),
        ("[](https://a.b/c)", ["https://a.b/c"]),
        ("[name](missing:a.md)", ["name"]),
        ('```powershell title="Remove it" {1-3}\nx\n```', ['title="Remove it" {1-3}']),
        ("```{.python .numberLines}\nx\n```", ["{.python .numberLines}"]),
        ("<b onclick=x>bold</b> <!-- note -->", ["<b onclick=x>bold</b>", "<!-- note -->"]),
        ("one\rtwo", ["one\ntwo"]),
        ("---\n\nFirst words\n\n---\n\nmore", ["First words", "more"]),
    ],
)
def test_what_a_stock_parser_drops_is_shown(text, seen):
    words = to_text(render(text).html)
    for part in seen:
        assert part in words, words


def test_titles_of_pictures_and_addresses_within_links_stay_readable():
    page = render('![shot](https://a.b/s.png "the dialog") [![mark](https://a.b/m.png)](https://a.b/c)').html
    assert 'title="the dialog"' in page and 'title="https://a.b/m.png"' in page


def test_long_numbers_of_lists_stay():
    assert '<ol start="123456789">' in render("123456789. x").html


def test_the_first_line_of_a_text_may_be_code():
    assert "<pre><code>code" in Markdown().deserialize("\n  \n    code\n\ntext of the question").html


def test_nesting_that_may_be_is_as_it_was():
    page = render(">" * 15 + " a\n\n" + "".join(f"{'  ' * n}- {n}\n" for n in range(9))).html
    assert page.count("<blockquote>") == 15 and page.count("<ul>") == 9


def test_short_rows_are_filled_up_to_a_bound():
    wide = "|a" * 100 + "|\n" + "|-" * 100 + "|\n" + "|b|\n" * 600
    words = to_text(render(wide).html)
    assert words.count("b") == 600


@pytest.mark.long
def test_a_refusal_is_an_error_of_input(app):
    with pytest.raises(TooLong):
        render("**a" * 60_000)
