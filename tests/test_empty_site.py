"""The first day of a community, from an empty site, in real Chromium: nobody needs the shell to begin."""

import re

import pytest

from auth import privileges
from auth.privileges import Privilege
from core.checks import health
from core.database.db import db, utcnow
from forum.models import Question
from tests import browsing
from tests.test_browser import PASSWORD, browser, log_in, settle, site  # noqa: F401  (fixtures)

QUESTION = "Which event says that a backup was restored?"


@pytest.fixture
def settings():
    return {"REDOUBT_PRIVILEGE_SCALE": "auto"}


@pytest.fixture(autouse=True)
def counted_anew(app):
    app.extensions["active_members"].pop("until", None)


def register(app, page, address, name):
    page.fill("main [name=username]", name)
    page.fill("main [name=email]", f"{name}@example.org")
    page.fill("main [name=password]", PASSWORD)
    browsing.press(page, "main form button")
    settle(app)
    mail = max((app.config["REDOUBT_INSTANCE"] / "outbox").glob("*.eml")).read_text()
    page.goto(address + re.search(r"/confirm/[\w-]+", mail)[0])
    browsing.press(page, "main form button")


@pytest.mark.browser
@pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("javascript", [True, False])
def test_two_newcomers_ask_answer_and_accept(app, site, browser, javascript):
    asker = browser.new_context(java_script_enabled=javascript).new_page()
    asker.goto(f"{site}/questions/ask")
    browsing.press(asker, "main >> text=Create an account")
    register(app, asker, site, "newton")
    asker.fill("main [name=username]", "newton")
    asker.fill("main [name=password]", PASSWORD)
    browsing.press(asker, "main form[action='/login'] button")
    assert asker.url == f"{site}/questions/ask", "where the newcomer wanted to go"
    asker.fill("main [name=title]", QUESTION)
    asker.fill("main [name=body]", "I want to alert when a restore finished, and find no event id for it.")
    asker.fill("main [name=tags]", "backup")
    browsing.press(asker, "text=Post question")
    question = asker.url
    helper = browser.new_context(java_script_enabled=javascript).new_page()
    helper.goto(question)
    browsing.press(helper, "main >> text=Create an account")
    register(app, helper, site, "hypatia")
    helper.fill("main [name=username]", "hypatia")
    helper.fill("main [name=password]", PASSWORD)
    browsing.press(helper, "main form[action='/login'] button")
    assert helper.url == question
    helper.fill("main form.form:has([data-editor]) [name=body]", "Event 4 of its log says that it is done.")
    browsing.press(helper, "text=Post answer")
    asker.goto(question)
    browsing.press(asker, "text=Accept answer")
    assert asker.locator(".accepted-mark").count() == 1
    asker.goto(f"{site}/help")
    assert "This community is young" in asker.locator("main").inner_text()


def test_thresholds_grow_with_the_active_members():
    stages = [privileges.points(Privilege.MAKE_TAGS, number) for number in (0, 24, 25, 99, 100, 5_000)]
    assert stages == [1, 1, 75, 75, 300, 300]
    for number in (0, 25, 100):
        assert privileges.points(Privilege.MOD_TOOLS, number) == 10_000
    for privilege in Privilege:
        some = [privileges.points(privilege, number) for number in (0, 25, 100)]
        assert some == sorted(some)


@pytest.mark.every_database
def test_only_who_has_earned_something_here_and_came_lately_is_active(app, make_user):
    def active():
        app.extensions["active_members"].pop("until", None)
        return privileges.active_members()

    make_user("new")
    absent, here = make_user("absent", reputation=50), make_user("here", reputation=50)
    assert active() == 0
    here.last_seen_at = utcnow()
    db.session.commit()
    assert active() == 1 and absent.last_seen_at is None
    assert privileges.threshold(Privilege.MAKE_TAGS) == 1


@pytest.mark.parametrize(("scale", "points"), [("1", 300), ("0", 0), ("2", 600)])
def test_a_number_switches_start_up_mode_off(app, scale, points):
    app.config["REDOUBT_PRIVILEGE_SCALE"] = float(scale)
    try:
        assert privileges.threshold(Privilege.MAKE_TAGS) == points and not privileges.is_startup()
    finally:
        app.config["REDOUBT_PRIVILEGE_SCALE"] = None


def test_the_first_administrator_is_led_and_the_doctor_says_what_is_missing(app, admin, member, login):
    assert "First steps" in login(admin).get("/").text
    assert "First steps" not in login(member).get("/").text
    found = next(each for each in health.run_checks() if each.name == "First steps")
    assert found.level == health.Level.WARNING and "Create the first tags" in found.found


def test_moderators_make_and_edit_tags_from_the_list(app, moderator, make_user, login):
    browser = login(moderator)
    made = browser.post("/tags", data={"name": "Backup", "excerpt": "Copies, and getting them back."})
    assert made.status_code == 302
    page = browser.get("/tags").text
    assert "Copies, and getting them back." in page and "/tags/backup/edit" in page
    assert browser.post("/tags", data={"name": "backup", "excerpt": "The same once more."}).status_code == 422
    refused = browser.post("/tags", data={"name": "two words", "excerpt": "A text that is long enough."})
    assert refused.status_code == 422 and "A text that is long enough." in refused.text
    newcomer, data = login(make_user("newcomer")), {"name": "x", "excerpt": "A text that is long enough."}
    assert newcomer.post("/tags", data=data).status_code == 403
    assert "Create a tag" not in newcomer.get("/tags").text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_registration_leads_to_no_other_site(app, client, target):
    client.post(
        "/register",
        data={"username": "newton", "email": "newton@example.org", "password": PASSWORD, "next": target},
    )
    settle(app)
    mail = max((app.config["REDOUBT_INSTANCE"] / "outbox").glob("*.eml")).read_text()
    answer = client.post(re.search(r"/confirm/[\w-]+", mail)[0])
    assert answer.status_code == 302 and answer.location in ("/login", "/login?next=/")
    assert db.session.query(Question).count() == 0
