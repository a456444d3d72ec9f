"""The editor's tools in real Chromium: each takes itself back, and Ctrl+Z works after each."""

import pytest

from tests import browsing
from tests.test_browser import browser, site  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine"),
]
TEXT = "first line\nsecond line"
# tool, text, (from, to) of the selection, what becomes of it
TOOLS = [
    ("bold", "stop the spooler", (9, 16), "stop the **spooler**"),
    ("bold", "stop the spooler ", (8, 17), "stop the **spooler** "),
    ("italic", "stop the spooler", (9, 16), "stop the *spooler*"),
    ("italic", "stop **it**", (7, 9), "stop ***it***"),
    ("code", "run net stop", (4, 12), "run `net stop`"),
    ("code", "a `tick` here", (0, 13), "`` a `tick` here ``"),
    ("block", "see\nnet stop\nthen", (4, 12), "see\n```\nnet stop\n```\nthen"),
    ("block", "a\n```\nb\n```", (0, 11), "````\na\n```\nb\n```\n````"),
    ("link", "see the guide", (8, 13), "see the [guide](https://)"),
    ("quote", TEXT, (2, 14), "> first line\n> second line"),
    ("list", TEXT, (0, 22), "- first line\n- second line"),
    ("list", "1. first\n2. second", (0, 18), "- first\n- second"),
    ("steps", TEXT, (0, 22), "1. first line\n2. second line"),
    ("heading", TEXT, (13, 13), "first line\n## second line"),
    ("heading", "\nsecond", (0, 0), "## \nsecond"),
]


@pytest.fixture
def page(site, browser, login, member):
    context, cookie = browser.new_context(), login(member).get_cookie("session")
    context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])
    page = context.new_page()
    page.goto(f"{site}/questions/ask")
    page.wait_for_selector("[data-tool]")
    return page


def write(page, text, selection):
    """Type the text by hand, then select."""
    page.fill("[name=body]", "")
    page.focus("[name=body]")
    page.keyboard.insert_text(text)
    page.eval_on_selector("[name=body]", "(area, at) => area.setSelectionRange(...at)", selection)


def value(page):
    return page.input_value("[name=body]")


def test_every_tool_is_undone_and_takes_itself_back(page):
    for tool, text, selection, result in TOOLS:
        write(page, text, selection)
        page.click(f"[data-tool={tool}]")
        assert value(page) == result, tool
        page.keyboard.press("Control+z")
        assert value(page) == text, f"{tool}: undo"
        page.keyboard.press("Control+Shift+z")
        assert value(page) == result, f"{tool}: redo"
        write(page, text, selection)
        page.click(f"[data-tool={tool}]")
        page.click(f"[data-tool={tool}]")
        if (tool, result[:2]) != ("list", "- ") or not text.startswith("1."):
            assert value(page) == text, f"{tool}: twice"
        page.keyboard.press("Control+z")
        assert value(page) == result, f"{tool}: the second press is undone alone"


def test_marks_inside_the_selection_are_taken_off(page):
    for tool, text, selection, result in [
        ("bold", "a **b** c", (2, 7), "a b c"),
        ("italic", "a *b* c", (2, 5), "a b c"),
        ("italic", "a ***b*** c", (5, 6), "a **b** c"),
        ("bold", "a ***b*** c", (5, 6), "a *b* c"),
        ("code", "a `b` c", (2, 5), "a b c"),
        ("link", "a [b](https://x.example) c", (3, 4), "a b c"),
        ("link", "see https://x.example", (4, 21), "see [](https://x.example)"),
        ("block", "```\na\n```", (4, 4), "a"),
        ("heading", "### a", (5, 5), "## a"),
    ]:
        write(page, text, selection)
        page.click(f"[data-tool={tool}]")
        assert value(page) == result, (tool, text)


def test_shortcuts_do_the_same_and_are_undone(page):
    for key, result in (("b", "**word**"), ("i", "*word*"), ("k", "[word](https://)")):
        write(page, "word", (0, 4))
        page.keyboard.press(f"Control+{key}")
        assert value(page) == result
        page.keyboard.press("Control+z")
        assert value(page) == "word"


def test_without_a_selection_a_tool_waits_for_text_and_leaves_nothing_behind(page):
    for tool, result in (("bold", "**x**"), ("italic", "*x*"), ("code", "`x`"), ("block", "```\nx\n```")):
        write(page, "", (0, 0))
        page.click(f"[data-tool={tool}]")
        page.keyboard.insert_text("x")
        assert value(page) == result
        write(page, "", (0, 0))
        page.click(f"[data-tool={tool}]")
        page.click(f"[data-tool={tool}]")
        assert value(page) == ""


def test_a_tag_that_was_chosen_is_undone(page, make_question):
    make_question(tags=("printing",))
    page.fill("[name=tags]", "")
    page.focus("[name=tags]")
    page.keyboard.type("prin")
    page.wait_for_selector("#f-tags-suggestions li")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("[name=tags]") == "printing "
    page.keyboard.press("Control+z")
    assert page.input_value("[name=tags]") == "prin"
