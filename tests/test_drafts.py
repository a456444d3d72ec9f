"""What is typed stays in the browser until the server has accepted it: per account, per form, per tab."""

import json
import re

import pytest

from auth import actions as accounts
from auth.passwords.passwords import hash_password
from core.database.db import db
from forum import actions as forum_actions
from tests import browsing
from tests.conftest import PASSWORD
from tests.test_browser import browser, site  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine"),
]
TEXT = "What I typed for an hour about the spooler, and would not type twice.\n\nIn two paragraphs."
OTHER = "Something else, typed in another tab of the same browser at the same time."


@pytest.fixture
def enter(site, browser, login):
    """enter(user, context=None) → a page of a browser in which `user` is logged in."""

    def open_page(user, context=None):
        context = context or browser.new_context()
        cookie = login(user).get_cookie("session").value
        context.add_cookies([{"name": "session", "value": cookie, "url": site}])
        return context.new_page()

    return open_page


@pytest.fixture
def with_password(other):
    other.password_hash = hash_password(PASSWORD)
    db.session.commit()
    return other


def log_in(page, name):
    page.fill("main [name=username]", name)
    page.fill("main [name=password]", PASSWORD)
    browsing.press(page, "main form[action='/login'] button")


def drafts(page) -> dict:
    """The drafts in this browser: {form: {field: value}}."""
    found = page.evaluate("Object.entries(localStorage).filter(([key]) => key.startsWith('draft:'))")
    return {
        key.split(":")[2]: {field[0]: field[1] for field in json.loads(value)["fields"]}
        for key, value in found
    }


def stays(page, form="ask"):
    until(page, f"Object.keys(localStorage).some((key) => key.includes(':{form}:'))")


def until(page, expression):
    """Wait until it is true; the policy of the pages forbids Playwright's own way."""
    for _ in range(50):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    pytest.fail(expression)


def ready(page):
    page.wait_for_selector("main form [name=draft]", state="attached")


def open_form(page, address):
    page.goto(address)
    ready(page)


def test_the_draft_of_all_fields_stays_when_the_server_refuses(site, enter, make_user):
    page = enter(make_user("newcomer"))  # who may not make tags
    open_form(page, f"{site}/questions/ask")
    page.fill("main [name=title]", "Which update mends it?")
    page.fill("main [name=body]", TEXT)
    page.fill("main [name=tags]", "no-such-tag-yet")
    stays(page)
    browsing.press(page, "text=Post question")
    assert page.locator(".errors-summary").count() == 1
    ready(page)
    page.wait_for_timeout(400)
    assert drafts(page)["ask"] == {
        "title": "Which update mends it?",
        "body": TEXT,
        "tags": "no-such-tag-yet",
        "files_alt": "",
    }
    assert page.locator(".draft-note").count() == 0, "the page shows it anyway"
    page.goto(f"{site}/questions")
    open_form(page, f"{site}/questions/ask")
    page.click("[data-draft=restore]")
    assert page.input_value("main [name=title]") == "Which update mends it?"
    assert page.input_value("main [name=body]") == TEXT
    assert page.input_value("main [name=tags]") == "no-such-tag-yet"


def test_an_accepted_answer_leaves_no_draft(site, enter, other, make_question):
    question, page = make_question(), enter(other)
    open_form(page, site + question.url)
    page.fill("main form.form:has([data-editor]) [name=body]", TEXT)
    stays(page, f"answer-{question.id}")
    browsing.press(page, "text=Post answer")
    until(page, "Object.keys(localStorage).every((key) => !key.startsWith('draft:'))")


def test_two_tabs_on_one_question_do_not_overwrite_each_other(site, enter, other, make_question):
    question, first = make_question(), enter(other)
    second = first.context.new_page()
    for page, text in ((first, TEXT), (second, OTHER)):
        open_form(page, site + question.url)
        page.fill("main form.form:has([data-editor]) [name=body]", text)
        page.wait_for_timeout(500)
    found = first.evaluate("Object.values(localStorage).filter((value) => value.includes('fields')).length")
    assert found == 2
    third = first.context.new_page()
    open_form(third, site + question.url)
    third.wait_for_timeout(400)
    assert third.locator(".draft-note").count() == 0, "open tabs keep their own"
    first.close()
    open_form(third, site + question.url)
    third.click("[data-draft=restore]")
    assert third.input_value("main form.form:has([data-editor]) [name=body]") == TEXT


def test_a_comment_is_kept_and_its_form_opens(site, enter, member, make_question):
    question, page = make_question(), enter(member)
    open_form(page, site + question.url)
    page.click(".comments summary")
    page.fill(".comments [name=body]", OTHER)
    page.wait_for_timeout(500)
    open_form(page, site + question.url)
    page.click(".comments [data-draft=restore]")
    assert page.input_value(".comments [name=body]") == OTHER
    assert page.locator(".comments details[open]").count() == 1


def test_the_server_stopped_while_sending(site, enter, other, make_question):
    question, page = make_question(), enter(other)
    open_form(page, site + question.url)
    page.fill("main form.form:has([data-editor]) [name=body]", TEXT)
    page.context.set_offline(True)
    page.click("text=Post answer")
    page.wait_for_timeout(500)
    page.context.set_offline(False)
    open_form(page, site + question.url)
    page.click("[data-draft=restore]")
    browsing.press(page, "text=Post answer")
    until(page, "Object.keys(localStorage).every((key) => !key.startsWith('draft:'))")


def test_logging_out_in_one_tab_leaves_nothing_for_others(site, enter, with_password, make_question):
    question, first = make_question(), enter(with_password)
    open_form(first, site + question.url)
    first.fill("main form.form:has([data-editor]) [name=body]", TEXT)
    stays(first, f"answer-{question.id}")
    second = first.context.new_page()
    second.goto(f"{site}/questions")
    until(second, "localStorage.getItem('drafts-account')")
    second.click(".menu summary")
    browsing.press(second, "text=Log out")
    until(second, "Object.keys(localStorage).every((key) => !key.startsWith('draft'))")
    # The first tab keeps its text on the page, but puts nothing of it into the browser any more.
    first.locator("main form.form:has([data-editor]) [name=body]").press_sequentially("!")
    first.wait_for_timeout(600)
    assert drafts(first) == {}
    browsing.press(first, "text=Post answer")
    assert first.input_value("main textarea[readonly]").replace("!", "") == TEXT
    log_in(first, "bob")
    assert first.locator("h1").inner_text() == "Send again"
    browsing.press(first, "[data-sent-form] .button-primary")
    assert re.match(rf"{site}/questions/{question.id}/", first.url)
    assert "about the spooler" in first.locator(".post >> nth=1").inner_text()


def test_another_account_finds_no_draft_of_the_one_before(site, enter, other, member, make_question):
    question, page = make_question(), enter(other)
    open_form(page, site + question.url)
    page.fill("main form.form:has([data-editor]) [name=body]", TEXT)
    stays(page, f"answer-{question.id}")
    page = enter(member, page.context)  # the session of the other ended without logging out
    open_form(page, f"{site}/questions/{question.id}/edit")
    page.wait_for_timeout(400)
    assert "spooler" not in page.evaluate("JSON.stringify(localStorage)")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_session_that_ended_and_a_question_that_closed(
    app,
    site,
    browser,
    enter,
    with_password,
    moderator,
    make_question,
    javascript,
):
    question = make_question()
    page = enter(with_password, browser.new_context(java_script_enabled=javascript))
    page.goto(site + question.url)
    page.fill("main form.form:has([data-editor]) [name=body]", TEXT)
    accounts.close_sessions(with_password)
    db.session.commit()
    browsing.press(page, "text=Post answer")
    assert page.input_value("main textarea[readonly]") == TEXT
    log_in(page, "bob")
    assert page.input_value("[data-sent-form] textarea") == TEXT
    forum_actions.close(question, "off-topic", by=moderator)
    db.session.commit()
    browsing.press(page, "[data-sent-form] .button-primary")
    assert page.input_value("[data-sent-form] textarea") == TEXT
    browsing.press(page, "text=Use it in a new question")
    assert page.url == f"{site}/questions/ask" and page.input_value("main [name=body]") == TEXT


def test_a_restored_draft_brings_the_version_it_was_made_from(site, enter, member, other, make_question):
    question, page = make_question(), enter(other)
    open_form(page, f"{site}/posts/{question.id}/suggest")
    page.fill("main [name=body]", TEXT)
    page.wait_for_timeout(500)
    base = page.input_value("main [name=base]")
    page.evaluate("""Object.entries(localStorage).forEach(([key, value]) => key.startsWith('draft:')
        && localStorage.setItem(key, value.replace('["base","1"]', '["base","0"]')))""")
    open_form(page, f"{site}/posts/{question.id}/suggest")
    assert "older version" in page.locator(".draft-note").inner_text()
    page.click("[data-draft=restore]")
    assert (base, page.input_value("main [name=base]")) == ("1", "0")


def test_a_draft_is_undone_and_discarded(site, enter, other):
    page = enter(other)
    open_form(page, f"{site}/questions/ask")
    page.fill("main [name=body]", TEXT)
    page.wait_for_timeout(500)
    open_form(page, f"{site}/questions/ask")
    page.wait_for_selector(".draft-note")
    assert not browsing.findings(page)
    page.click("[data-draft=restore]")
    page.focus("main [name=body]")
    page.keyboard.press("Control+z")
    assert page.input_value("main [name=body]") == ""
    page.keyboard.insert_text(OTHER)
    page.wait_for_timeout(500)
    open_form(page, f"{site}/questions/ask")
    page.click("[data-draft=discard]")
    assert drafts(page) == {}
