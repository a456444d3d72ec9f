"""The inbox in real Chromium."""

import pytest

from core.database.db import db
from tests import browsing
from tests.test_browser import browser, check_with, site  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine"),
]
MODES = pytest.mark.parametrize(("scheme", "javascript"), [("light", True), ("dark", False)])


@pytest.fixture
def visit(browser, site):
    """visit(scheme, javascript, cookie=None) → a page; light is wide, dark is narrow."""

    def open_page(scheme, javascript, cookie=None):
        context = browser.new_context(
            java_script_enabled=javascript,
            color_scheme=scheme,
            viewport={"width": 375 if scheme == "dark" else 1280, "height": 900},
        )
        if cookie:
            context.add_cookies([{"name": "session", "value": cookie, "url": site}])
        return context.new_page()

    return open_page


@MODES
def test_an_inbox_is_read(app, site, visit, login, member, question_answered, scheme, javascript):
    page, path = visit(scheme, javascript, login(member).get_cookie("session").value), question_answered.url
    db.session.commit()
    page.goto(site + path)
    check_with(page, javascript)
    browsing.press(page, "text=Inbox") if scheme == "light" else page.goto(f"{site}/inbox")
    assert page.locator(".is-unread").count() == 2
    check_with(page, javascript)
    if javascript:
        page.locator(".is-unread a").first.click()
        page.wait_for_url("**/questions/**")
    else:
        browsing.press(page, ".is-unread button")
    page.goto(f"{site}/inbox")
    assert page.locator(".is-unread").count() == 1
    browsing.press(page, "text=Mark all as read")
    page.wait_for_selector(".is-unread", state="detached")
    page.goto(f"{site}/settings/notifications")
    check_with(page, javascript)
    page.select_option("#f-answer", "digest")
    browsing.press(page, "main form:has(#f-answer) >> text=Save")
    assert page.input_value("#f-answer") == "digest"
    browsing.press(page, "#watches ~ ul >> text=Unfollow")
    check_with(page, javascript)


@pytest.fixture
def question_answered(make_question, make_answer, drain):
    """A question of the member with two answers and a notification of each."""
    question = make_question()
    for _ in range(2):
        make_answer(question)
    drain()
    return question
