"""Ticked steps of an article stay with their steps, and say what changed since (in real Chromium)."""

import pytest

from core.database.db import db
from core.markup.markup import render
from kb import actions
from tests import browsing
from tests.test_browser import browser, site  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine"),
]
STEPS = [
    "Stop the spooler service on every print server",
    "Restart the server",
    "Install the update offline",
    "Restart the server",
]


def body(steps):
    return "What to do, in this order:\n\n" + "\n".join(f"1. {step}" for step in steps) + "\n"


@pytest.fixture
def article(make_article):
    return make_article("Harden the print servers", body(STEPS))


@pytest.fixture
def revise(article, moderator):
    def change(steps):
        actions.edit(
            article,
            render(body(steps)),
            by=moderator,
            layer=article.layer,
            summary=article.summary,
            applies_to=article.applies_to,
            title=article.title,
            tags=[],
            change="Steps",
        )
        db.session.commit()

    return change


@pytest.fixture
def page(site, browser, article):
    page = browser.new_page()
    page.goto(site + article.url)
    page.wait_for_selector(".prose li input")
    return page


def ticks(page):
    page.reload()
    page.wait_for_selector(".prose li input")
    return [box.is_checked() for box in page.locator(".prose li input").all()]


def tick(page, *numbers):
    for number in numbers:
        page.locator(".prose li input").nth(number).check()


def test_a_step_inserted_above_moves_no_tick(page, revise):
    tick(page, 0, 2)
    assert ticks(page) == [True, False, True, False]
    revise(["Take a backup of the queues", *STEPS])
    assert ticks(page) == [False, True, False, True, False]
    assert page.locator(".step-note, .step-report").count() == 0


def test_of_two_steps_that_say_the_same_each_has_its_tick(page, revise):
    tick(page, 3)
    assert ticks(page) == [False, False, False, True]
    revise([*STEPS[:2], "Wait for the queue to drain", *STEPS[2:]])
    assert ticks(page) == [False, False, False, False, True]


def test_a_step_that_says_the_same_added_above_takes_no_tick(page, revise):
    tick(page, 1)
    revise(["Take a backup of the queues", STEPS[1], *STEPS])
    assert ticks(page) == [False, False, False, True, False, False]


def test_the_tick_of_a_step_that_gets_a_double_above_stays_with_it(page, revise):
    tick(page, 2)
    revise([STEPS[0], STEPS[2], *STEPS[1:]])
    assert ticks(page) == [False, False, False, True, False]
    assert page.locator(".step-note, .step-report").count() == 0


def test_a_changed_step_says_so_until_it_is_ticked_again(page, revise):
    tick(page, 0, 2)
    revise(["Stop and disable the spooler service on every print server", *STEPS[1:]])
    assert ticks(page) == [False, False, True, False]
    note = page.locator(".step-note")
    assert "Changed since you checked it" in note.inner_text()
    note.locator("summary").click()
    assert STEPS[0] in note.inner_text()
    assert not browsing.findings(page)
    tick(page, 1)
    ticks(page)
    assert page.locator(".step-note").count() == 1, "also when another step is ticked meanwhile"
    tick(page, 0)
    assert ticks(page) == [True, True, True, False] and page.locator(".step-note").count() == 0


def test_a_removed_step_is_named_once_understood(page, revise):
    tick(page, 0, 2)
    revise(STEPS[1:])
    assert ticks(page) == [False, True, False]
    assert STEPS[0] in page.locator(".step-report").inner_text()
    assert not browsing.findings(page)
    page.click(".step-report button")
    ticks(page)
    assert page.locator(".step-report").count() == 0


def test_a_step_that_was_there_before_is_not_taken_for_a_changed_one(page, revise):
    tick(page, 0)
    revise(["Stop the spooler service on every file server", *STEPS[1:]])
    ticks(page)
    assert page.locator(".step-note").count() == 1
    revise(STEPS[1:])
    ticks(page)
    assert page.locator(".step-note").count() == 0 and page.locator(".step-report").count() == 1


def test_ticks_by_position_are_dropped_and_damage_is_survived(page, article):
    page.evaluate(f"localStorage.setItem('checklist:article-{article.id}', '[0, 1]')")
    page.evaluate(f"localStorage.setItem('steps:article-{article.id}', '{{\"ticked\": 7')")
    assert ticks(page) == [False] * 4
    assert page.evaluate(f"localStorage.getItem('checklist:article-{article.id}')") is None
    tick(page, 1)
    assert ticks(page) == [False, True, False, False]
