"""One visit in real Chromium: register, ask, answer, accept, search, article; axe on every page met."""

import re
import threading

import pytest

from auth.passwords import passwords
from core.database.db import db
from core.jobs.worker import round_once
from tests import browsing

PASSWORD = "violet kettle orbit 93 marsh"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def site(app):
    """The site served on loopback; gives its address."""
    app.config["WTF_CSRF_ENABLED"] = True
    with browsing.served(app) as address:
        yield address


@pytest.fixture
def browser():
    with browsing.chromium() as opened:
        yield opened


def log_in(page, site, name):
    page.goto(f"{site}/login")
    page.fill("main [name=username]", name)
    page.fill("main [name=password]", PASSWORD)
    browsing.press(page, "main form button")


def settle(app):
    """What the worker would do within half a second."""

    def run():
        while round_once(app):
            pass

    worker = threading.Thread(target=run)
    worker.start()
    worker.join()


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
@pytest.mark.parametrize("javascript", [True, False])
def test_from_registration_to_article(app, site, browser, make_article, scheme, javascript):
    article = make_article("Prove that a backup can be restored in time", tags=("backup",))
    pages = {
        name: browser.new_context(
            java_script_enabled=javascript,
            color_scheme=scheme,
            viewport={"width": 375 if scheme == "dark" else 1280, "height": 900},
        ).new_page()
        for name in ("newton", "hypatia")
    }
    for name, page in pages.items():
        page.goto(f"{site}/register")
        page.fill("main [name=username]", name)
        page.fill("main [name=email]", f"{name}@example.org")
        page.fill("main [name=password]", PASSWORD)
        browsing.press(page, "main form button")
        settle(app)
        mail = max((app.config["REDOUBT_INSTANCE"] / "outbox").glob("*.eml")).read_text()
        page.goto(site + re.search(r"/confirm/[\w-]+", mail)[0])
        browsing.press(page, "main form button")
        log_in(page, site, name)
    page = pages["newton"]
    page.goto(f"{site}/questions/ask")
    page.fill("main [name=title]", "Which event says that a backup was restored?")
    page.fill("main [name=body]", "I want to **alert** when a restore finished, and find no event id for it.")
    page.fill("main [name=tags]", "backup")
    browsing.press(page, "text=Post question")
    question = page.url
    check_with(page, javascript)
    page = pages["hypatia"]
    page.goto(question)
    page.fill("main form.form [name=body]", "Event 4 of the backup log says that a restore has finished.")
    browsing.press(page, "text=Post answer")
    assert page.locator("[id^=answer-]").count() == 1
    page = pages["newton"]
    page.goto(question)
    browsing.press(page, "text=Accept answer")
    assert page.locator(".accepted-mark").count() == 1
    settle(app)
    page.goto(f"{site}/search?q=backup")
    check_with(page, javascript)
    browsing.press(page, f"text={article.title}")
    assert page.locator("h1").inner_text() == article.title
    for path in (
        "/",
        "/questions",
        "/tags",
        "/articles",
        "/help",
        "/users/newton",
        "/settings/profile",
        "/search?q=nothinglikethis",
        "/no-such-page",
    ):
        page.goto(site + path)
        check_with(page, javascript)


def check_with(page, javascript):
    """axe itself is a script, so it runs where scripts may."""
    assert page.locator("h1").count() == 1
    if javascript:
        assert not browsing.findings(page), page.url


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_a_token_is_made_and_the_api_read_about(app, site, browser, make_user, scheme):
    user = make_user("newton")
    user.password_hash = passwords.hash_password(PASSWORD)
    db.session.commit()
    context = browser.new_context(color_scheme=scheme, viewport={"width": 375, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site)
    page = context.new_page()
    log_in(page, site, "newton")
    page.goto(f"{site}/settings/tokens")
    page.fill("main [name=name]", "script")
    browsing.press(page, "text=Create token")
    page.click("button.copy")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("main pre").inner_text()
    assert not browsing.findings(page)
    page.goto(f"{site}/api/docs")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert not browsing.findings(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
