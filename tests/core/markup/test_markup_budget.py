"""The work of rendering is counted: hostile text costs a bounded number of steps, or ends in a refusal."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.limits.budgets import Budget, BudgetExceeded
from core.markup import highlighting, markdown_rules, markup
from core.markup.markup import TooComplex, TooLong, count_steps, render

REPEATED = [
    "[a](b",
    "![[",
    "<",
    "`a",
    "*a_ ",
    "~~a ",
    "|",
    "> - ",
    "&amp;",
    "http://a ",
    "**a",
    "_a __b ",
    "[a][b]",
    "[a]: b\n",
    "<kbd>",
    "\\*",
    "# a\n",
    "- a\n",
    "```\n",
    "|a|b|\n",
    "<a@b.c>",
    "<http://a>",
    "www.",
    "www.a.b ",
    "http://",
    "@bob ",
    "CVE-2023-35618 ",
    "[",
    "![a](b) ",
    "[![a](b)](c) ",
    "*a*",
    "***a*** ",
    "~~a~~",
    "`a` ",
    "1. a\n",
    "> a\n\n",
    "* * a\n",
    "<b>",
    "<!--",
    "&#1;",
    "\u202e",
    "[^a]: b\n",
    "[a]: b\n\n[a]\n\n",
    "<kbd>a</kbd>",
    "<br>",
    "a\n---\n",
    "    a\n\nb\n\n",
    "~~~a\n",
    "![",
    "](",
    "[a](<b",
    '[a](b "',
    "((((",
    "`",
    " `` ",
    "\\",
    "_",
    "*",
    "a*",
    "~",
    "http://a.b/(",
    "mailto:a@b.c ",
    "- - - - a\n",
    "```python\nx = 1\n```\n",
    "a|b\n-|-\nc|d\n\n",
    "*a **b ",
    "[*a ",
    "![*a ",
    "**_**_",
    "*_~~",
    "<http://",
]
FAMILIES = {
    **{repr(part): lambda size, part=part: (part * (size // len(part) + 1))[:size] for part in REPEATED},
    "nested emphasis": lambda size: "*a **a " * (size // 14) + " a** a*" * (size // 14),
    "nested struck": lambda size: "~~a " * (size // 10) + "b " + "a~~ " * (size // 10),
    "runs of stars": lambda size: "*" * (size // 2) + "a" + "*" * (size // 2),
    "images in images": lambda size: "![" * (size // 7) + "a" + "](b)" * (size // 7),
    "links in links": lambda size: "[" * (size // 6) + "a" + "](b)" * (size // 6),
    "deep quotes": lambda size: (">" * 30 + " a\n") * (size // 33),
    "deep lists": lambda size: "".join("  " * (i % 14) + "- a\n" for i in range(size // 18)),
    "backticks": lambda size: " ".join("`" * n for n in range(1, int((2 * size) ** 0.5))),
    "references": lambda size: (
        "".join(f"[{i}]: b\n" for i in range(size // 16)) + "".join(f"[{i}]" for i in range(size // 16))
    ),
    "wide table": lambda size: "|a" * (size // 8) + "|\n" + "|-" * (size // 8) + "|\n" + "|\n" * (size // 4),
    "long table": lambda size: "|a|b|\n|-|-|\n" + "|c|d|\n" * (size // 7),
    "long code": lambda size: "```bash\n" + "$((${a:-$(b `c` " * (size // 16) + "\n```",
}


def steps(text):
    """Steps it takes, or all that there are."""
    try:
        return count_steps(text)
    except (BudgetExceeded, TooLong):
        return markup.MAX_STEPS


@pytest.mark.long
@pytest.mark.parametrize("name", FAMILIES)
def test_work_grows_with_the_size_and_no_faster(app, name):
    half, whole = steps(FAMILIES[name](1500)), steps(FAMILIES[name](3000))
    assert whole <= 2.6 * half + 7000, (half, whole)
    assert whole <= 800 * 3000


@pytest.mark.long
def test_deep_emphasis_costs_what_flat_emphasis_costs(app):
    """It was quadratic in the cleaner: 4.6 s at 30,000 characters, 23 s at 168 KB."""
    deep, flat = FAMILIES["nested emphasis"](14_000), "*a* **a** " * 1400
    assert steps(deep) < 2 * steps(flat)
    assert render(deep).html.count("<em>") <= markdown_rules.MAX_INLINE_NESTING


@pytest.mark.long
@pytest.mark.parametrize("name", FAMILIES)
def test_at_the_limit_a_text_is_rendered_or_refused(app, name):
    began = time.thread_time()
    steps(FAMILIES[name](markup.MAX_CHARACTERS)[: markup.MAX_CHARACTERS])
    assert time.thread_time() - began < 20  # the budget is 2 s; a busy machine is slower


PARTS = st.lists(st.sampled_from(REPEATED), min_size=1, max_size=4)


@given(PARTS, PARTS)
@settings(max_examples=25, deadline=None)
def test_mixtures_of_hostile_parts_grow_slowly_below_the_budget(opening, closing):
    def text(count):
        return "".join(opening) * count + "x" + "".join(closing) * count

    count = 2 * (1 + 300 // (2 * len(text(1))))  # even: a fence that opens in one text closes in both
    half, whole = steps(text(count)), steps(text(2 * count))
    # Brackets among open images are scanned once for each; what grows faster meets the budget.
    assert whole <= 5 * half + 4000, (opening, closing, half, whole)


def test_a_spent_budget_is_a_refusal_with_a_sentence(app, monkeypatch):
    monkeypatch.setattr(markup, "MAX_STEPS", 500)
    markup._rendered.cache_clear()
    with pytest.raises(TooComplex, match="too much markup"):
        render("*a* " * 400)


def test_an_unknown_dear_input_ends_by_the_clock(app, monkeypatch):
    """What costs more time than its steps say."""
    monkeypatch.setattr(time, "thread_time", iter([0.0, *[0.1] * 3, *[99.0] * 10_000]).__next__)
    with pytest.raises(BudgetExceeded):
        count_steps("*a* " * 5000)


def test_a_budget_ends_after_its_steps():
    budget = Budget(10, 60)
    budget.spend(10)
    for _ in range(3):
        with pytest.raises(BudgetExceeded):
            budget.spend()


HOSTILE_CODE = [
    "(" * 2000,
    '"' * 2000,
    "'\\" * 1000,
    "/*" * 1000,
    "<" * 2000,
    "a" * 2000 + "!",
    "${" * 1000,
    "a.b:" * 500,
    " " * 2000 + "x",
    "\t \t " * 500,
    "#{" * 1000,
    "<<A" * 700,
    "@'" * 1000,
    "1e" * 1000,
    "---" * 600,
    "a=" * 1000,
    "[[" * 1000,
    "::" * 1000,
    "<!" * 1000,
    "%q" * 1000,
    "`" * 2000,
    "x\n" * 1000,
    "\\" * 2000,
]


@pytest.mark.long
def test_languages_are_known():
    unknown = [each for each in highlighting.LANGUAGES if highlighting._lexer(each) is None]
    assert not unknown


@pytest.mark.long
@pytest.mark.parametrize("language", sorted(highlighting.LANGUAGES))
def test_no_lexer_is_led_astray(language):
    """Regular expressions count no steps, so each was tried: a runaway one would take minutes."""
    for code in HOSTILE_CODE:
        for text in (code, random.Random(1).sample(code, len(code))):
            began = time.thread_time()
            list(highlighting._lexer(language).get_tokens("".join(text)))
            assert time.thread_time() - began < 5, (language, code[:20])


def test_unknown_languages_are_shown_without_colours():
    page = render("```brainfuck\n+++\n```").html
    assert "+++" in page and "<span" not in page
