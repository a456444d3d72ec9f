"""Two people in two real browsers edit everything that can be edited: both texts survive."""

import pytest

from auth import actions as accounts
from core.database.db import db
from tests import browsing
from tests.editing import FORMS
from tests.test_access import address
from tests.test_lost_updates import MINE, RULES, THEIRS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.every_database,
    pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine"),
]


def context_of(app, browser, site, user, width, scheme):
    """A browser in which `user` is logged in."""
    token = accounts.open_session(user)
    db.session.commit()
    cookie = app.session_interface.get_signing_serializer(app).dumps({"_user_id": token, "_fresh": True})
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": cookie, "url": site}])
    return context


def typed(page, name, text):
    """Type at the end of a field, as a person does."""
    field = page.locator(f"main form.form [name={name}]").first
    field.press("Control+End")
    field.press_sequentially(text)


def test_both_texts_survive(app, world):
    app.config["WTF_CSRF_ENABLED"] = True
    with browsing.served(app) as site, browsing.chromium() as browser:
        for number, (name, form) in enumerate(FORMS.items()):
            path = address(app, world, RULES[form.endpoint])
            width, scheme = ((1280, "light"), (375, "dark"))[number % 2]
            pages = []
            for who in form.who:
                page = context_of(app, browser, site, world.people[who], width, scheme).new_page()
                page.goto(site + path)
                pages.append(page)
            one, other = pages
            field = form.text or form.line
            theirs, mine = (f"\n{THEIRS}", f"\n{MINE}") if form.text else ("-theirs", "-mine")
            typed(one, field, theirs)
            typed(other, field, mine)
            browsing.press(one, "main form.form .button-primary")
            assert THEIRS in one.content() or name in ("release", "mitigation", "product", "profile")
            browsing.press(other, "main form.form .button-primary")
            shown = other.locator("main").inner_text()
            assert "Not saved" in shown, name
            assert mine.strip() in shown and theirs.strip() in shown, name
            assert browsing.findings(other) == []
            assert other.evaluate("document.documentElement.scrollWidth") <= width
            both = other.locator(".conflict-choices button", has_text="Keep both")
            with other.expect_navigation():
                (both if both.count() else other.get_by_role("button", name="Use my version")).click()
            other.goto(site + path)
            saved = other.input_value(f"main form.form [name={field}]")
            assert mine.strip() in saved, name
            assert theirs.strip() in saved or not form.text, name
            for page in pages:
                page.context.close()
