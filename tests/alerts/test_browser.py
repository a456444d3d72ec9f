"""Alerts in real Chromium: sign up, confirm from the mail, change products, stop."""

import contextvars
import re
from email import message_from_bytes, policy

import pytest

from alerts import queries
from core.database.db import db
from core.jobs.worker import round_once
from tests import browsing
from tests.notifications.test_browser import MODES, visit  # noqa: F401  (fixture)
from tests.products.conftest import make_product  # noqa: F401  (fixture)
from tests.test_browser import browser, check_with, site  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium on this machine"),
]
EVE = "eve@example.net"


@pytest.fixture
def outbox(app, site):
    """outbox() → the mails that the worker wrote, oldest first, with links that lead to this site."""

    def read():
        db.session.commit()
        contextvars.Context().run(round_once, app)
        files = sorted((app.config["REDOUBT_INSTANCE"] / "outbox").glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    app.config["REDOUBT_SITE_URL"] = ""
    return read


def link(mail, path, site):
    """The address in the text of a mail that begins with `path`, on the served site."""
    text = mail.get_body(("plain",)).get_content()
    return site + re.search(rf"http://localhost:\d+({path}/\S+)", text)[1]


@MODES
def test_alerts_from_signing_up_to_stopping(site, visit, outbox, make_product, scheme, javascript):
    for slug in ("debian", "windows"):
        make_product(slug, {"12": {}})
    page = visit(scheme, javascript)
    page.goto(f"{site}/alerts")
    check_with(page, javascript)
    page.fill("#f-email", EVE)
    page.check("#f-scope-chosen")
    page.fill("#f-q", "deb")
    browsing.press(page, "button[name=find]")
    page.check("text=Debian")
    check_with(page, javascript)
    page.select_option("#f-cadence", "daily")
    browsing.press(page, "text=Sign up")
    page.wait_for_selector(f"text={EVE}")
    check_with(page, javascript)
    (mail,) = outbox()
    assert mail["To"] == EVE and mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page.goto(link(mail, "/alerts/confirm", site))
    assert "Debian" in page.inner_text("main")
    check_with(page, javascript)
    browsing.press(page, "text=Confirm alerts")
    page.wait_for_selector("h1:has-text('Your alerts are on')")
    check_with(page, javascript)
    browsing.press(page, "text=Change or stop alerts")
    check_with(page, javascript)
    page.uncheck("text=Debian")
    page.fill("#f-q", "win")
    browsing.press(page, "button[name=find]")
    page.check("text=Windows")
    browsing.press(page, "text=Save")
    page.wait_for_selector("text=Saved.")
    row = queries.by_handle(queries.by_address(EVE).handle)
    db.session.commit()
    assert [product.slug for product in row.products] == ["windows"] and row.cadence == "daily"
    page.goto(site + re.search(r"<http://localhost:\d+(/\S+)>", mail["List-Unsubscribe"])[1])
    check_with(page, javascript)
    browsing.press(page, "text=Stop all alerts")
    page.wait_for_selector("text=You will get no more alerts")
    check_with(page, javascript)
    assert queries.by_address(EVE) is None
