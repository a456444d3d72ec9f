"""Alerts without an account: asked for, confirmed, changed and stopped by links in mails."""

import re
from datetime import timedelta

import pytest
import time_machine

from alerts import actions as alert_actions
from alerts import queries, tasks
from alerts.models import Subscription
from auth.erasure import actions
from core.database.db import db, utcnow
from core.database.models import Attempt, Event, OutgoingMail, StoppedAddress
from core.mail import signed_links
from products import actions as product_actions

EVE = "eve@example.net"
WISHES = {"email": EVE, "scope": "all", "minimum": "important", "cadence": "daily"}


@pytest.fixture
def products(app):
    made = [
        product_actions.create(slug, {"name": slug.title(), "category": "os"}, {})
        for slug in ("windows", "debian")
    ]
    db.session.commit()
    return made


def subscription(address=EVE):
    found = queries.by_address(address)
    return found and queries.by_handle(found.handle)


@pytest.fixture
def link(mails):
    """link("confirm") → the path of that link in the last mail to Eve."""

    def last(purpose):
        mail = mails(EVE)[-1]
        text = mail.body + mail.unsubscribe_url
        return re.search(rf"http://localhost:8000(/alerts/{purpose}/\S+)", text)[1]

    return last


@pytest.fixture
def confirmed(client, link):
    client.post("/alerts", data=WISHES)
    client.post(link("confirm"))
    return subscription()


class TestSigningUp:
    def test_asks_for_confirmation_first(self, client, link, mails):
        assert client.post("/alerts", data=WISHES).status_code == 200
        assert subscription().confirmed_at is None
        assert len(mails()) == 1

    def test_get_shows_a_button_and_post_confirms(self, client, link):
        client.post("/alerts", data=WISHES)
        page = client.get(link("confirm"))
        assert "Confirm alerts" in page.text and EVE in page.text
        assert subscription().confirmed_at is None, "a scanner that follows the link changes nothing"
        assert "are on" in client.post(link("confirm")).text
        assert subscription().confirmed_at is not None

    def test_is_answered_alike_whoever_has_the_address(self, client, confirmed, member):
        answers = {
            client.post("/alerts", data=WISHES | {"email": email}).text.replace(email, "")
            for email in (EVE, "new@example.net", member.email, "gone@demo.invalid")
        }
        assert len(answers) == 1

    def test_again_changes_nothing_and_mails_the_way_to_change(self, client, confirmed, mails):
        client.post("/alerts", data=WISHES | {"cadence": "at-once", "minimum": "low"})
        assert (subscription().cadence, subscription().minimum) == ("daily", "important")
        assert "already gets them" in mails(EVE)[-1].body and "/alerts/manage/" in mails(EVE)[-1].body

    def test_again_before_confirming_takes_the_last_wishes(self, client, link):
        client.post("/alerts", data=WISHES)
        client.post("/alerts", data=WISHES | {"cadence": "at-once"})
        client.post(link("confirm"))
        assert subscription().cadence == "at-once"

    def test_with_chosen_products(self, client, link, products):
        client.post("/alerts", data=WISHES | {"scope": "chosen", "products": ["windows", "debian"]})
        assert [product.slug for product in subscription().products] == ["debian", "windows"]
        assert "Debian, Windows" in client.get(link("confirm")).text

    def test_finds_products_without_losing_what_was_typed(self, client, products, mails):
        page = client.post(
            "/alerts",
            data=WISHES | {"scope": "chosen", "products": "debian", "q": "win", "find": "1", "email": "e"},
        )
        assert page.status_code == 200 and mails() == []
        ticked = re.findall(r'value="(\w+)" checked', page.text)
        assert ticked == ["chosen", "debian"] and 'value="windows"' in page.text and 'value="e"' in page.text

    def test_from_a_product_begins_with_that_product(self, client, products):
        assert "/alerts?product=debian" in client.get("/products/debian").text
        assert re.findall(r'value="(\w+)" checked', client.get("/alerts?product=debian").text) == [
            "chosen",
            "debian",
        ]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"email": "nobody"},
            {"email": "a@b.org\r\nBcc: c@d.org"},
            {"email": "a@x.org,b@y.org"},
            {"email": ""},
            {"minimum": "dreadful"},
            {"cadence": "hourly"},
            {"scope": "mine"},
            {"scope": "chosen"},
            {"scope": "chosen", "products": "no-such-thing"},
            {"scope": "chosen", "products": "../../etc"},
        ],
    )
    def test_refuses_with_the_field_named(self, client, mails, wrong):
        page = client.post("/alerts", data=WISHES | wrong)
        assert page.status_code == 422 and f'id="f-{next(reversed(wrong))}' in page.text
        assert mails() == [] and db.session.scalar(db.select(Subscription.id)) is None

    def test_is_limited_by_address_and_by_network(self, app, client):
        app.config["REDOUBT_RATE_LIMITS"] = True
        codes = [client.post("/alerts", data=WISHES).status_code for _ in range(6)]
        assert codes == [200] * 5 + [429]
        others = [
            client.post("/alerts", data=WISHES | {"email": f"e{n}@example.net"}).status_code
            for n in range(20)
        ]
        assert others.count(200) == 15 and others[-1] == 429

    @pytest.mark.parametrize(("path", "accepted"), [("/alerts", 200), ("/api/v1/alerts", 202)])
    def test_all_addresses_of_one_network_have_one_limit(self, app, client, path, accepted):
        app.config["REDOUBT_RATE_LIMITS"] = True
        codes = []
        for number in range(22):
            wishes = WISHES | {"email": f"reader{number}@example.net"}
            sent = {"json": wishes} if path.startswith("/api/") else {"data": wishes}
            codes.append(
                client.post(
                    path, **sent, environ_base={"REMOTE_ADDR": f"2001:db8:7:7::{number:x}"}
                ).status_code
            )
        assert codes == [accepted] * 20 + [429] * 2
        assert db.session.scalar(db.select(db.func.count()).select_from(Attempt)) > 0

    def test_addresses_nobody_confirms_are_forgotten(self, client, confirmed):
        client.post("/alerts", data=WISHES | {"email": "typo@example.net"})
        with time_machine.travel(utcnow() + timedelta(days=8)):
            tasks.forget_unconfirmed()
        assert subscription("typo@example.net") is None and subscription() is not None

    def test_an_old_confirmation_opens_nothing(self, client, link):
        client.post("/alerts", data=WISHES)
        path = link("confirm")
        with time_machine.travel(utcnow() + timedelta(days=4)):
            assert client.post(path).status_code == 404
        assert subscription().confirmed_at is None


class TestManaging:
    @pytest.fixture
    def page(self, confirmed):
        return f"/alerts/manage/{signed_links.token(signed_links.MANAGE, confirmed.handle)}"

    def test_changes_products_severity_and_rhythm(self, client, page, products):
        changed = {"scope": "chosen", "products": "debian", "minimum": "low", "cadence": "patch-day"}
        assert client.post(page, data=changed).status_code == 302
        row = subscription()
        assert (row.scope, row.minimum, row.cadence) == ("chosen", "low", "patch-day")
        assert [product.slug for product in row.products] == ["debian"]
        assert 'value="debian" checked' in client.get(page).text

    def test_not_the_address(self, client, page):
        client.post(page, data={"email": "mallory@example.net"})
        assert subscription() is not None and subscription("mallory@example.net") is None

    def test_pages_are_kept_by_no_cache(self, client, page):
        assert "no-store" in client.get(page).headers["Cache-Control"]

    @pytest.mark.parametrize("token", ["x", "WyJ4Il0", "WyJ4Il0.AAAA", "é", "a" * 5000])
    @pytest.mark.parametrize("kind", ["confirm", "manage", "unsubscribe"])
    def test_nobody_makes_up_a_link(self, client, confirmed, kind, token):
        assert client.get(f"/alerts/{kind}/{token}").status_code == 404
        assert client.post(f"/alerts/{kind}/{token}").status_code == 404

    def test_the_database_alone_opens_nothing(self, client, confirmed):
        assert client.get(f"/alerts/manage/{confirmed.handle}").status_code == 404

    def test_links_of_one_purpose_open_no_other(self, client, confirmed):
        for purpose in (signed_links.CONFIRM, signed_links.STOP, signed_links.MUTE):
            assert (
                client.get(f"/alerts/manage/{signed_links.token(purpose, confirmed.handle)}").status_code
                == 404
            )


class TestStopping:
    def test_get_changes_nothing_and_one_post_forgets_the_address(self, app, client, confirmed, link):
        app.config["WTF_CSRF_ENABLED"] = True
        path = link("unsubscribe")
        assert "Stop all security alerts to your address?" in client.get(path).text
        assert subscription() is not None
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200 and subscription() is None
        assert client.post(path).status_code == client.get(path).status_code == 200

    def test_the_links_of_before_are_dead_for_who_signs_up_again(self, client, confirmed, link):
        old = f"/alerts/manage/{signed_links.token(signed_links.MANAGE, confirmed.handle)}"
        client.post(link("unsubscribe"))
        client.post("/alerts", data=WISHES)
        assert client.get(old).status_code == 404

    def test_by_the_shell(self, app, confirmed):
        run = app.test_cli_runner().invoke
        assert run(args=["alert", "counts"]).output == '{"daily": 1}\n'
        assert run(args=["alert", "stop", EVE]).output == "Stopped.\n"
        assert subscription() is None
        assert run(args=["alert", "stop", EVE]).exit_code == 1

    def test_an_address_that_came_back_is_served_again_once_confirmed(self, client, confirmed, drain, link):
        db.session.add(Event(name="mail.refused", data={"address": EVE}))
        drain()
        assert db.session.get(StoppedAddress, EVE) is not None
        alert_actions.stop(subscription())
        client.post("/alerts", data=WISHES)
        assert db.session.get(StoppedAddress, EVE) is not None
        client.post(link("confirm"))
        assert db.session.get(StoppedAddress, EVE) is None


class TestMembers:
    def test_switch_them_on_and_off(self, login, member):
        browser = login(member)
        browser.post("/settings/alerts", data={"on": "true", "minimum": "critical", "cadence": "daily"})
        row = queries.of_member(member)
        assert (row.scope, row.minimum, row.email) == ("mine", "critical", None) and row.confirmed_at
        page = browser.get("/settings/notifications").text
        assert 'name="on" type="checkbox" value="true" checked' in page
        browser.post("/settings/alerts", data={"minimum": "critical", "cadence": "daily"})
        assert queries.of_member(member) is None

    def test_take_the_place_of_alerts_to_the_same_address(self, client, login, member):
        client.post("/alerts", data=WISHES | {"email": member.email})
        login(member).post("/settings/alerts", data={"on": "true"})
        rows = db.session.scalars(db.select(Subscription)).all()
        assert [row.user_id for row in rows] == [member.id]

    def test_go_with_the_account(self, login, member, drain):
        login(member).post("/settings/alerts", data={"on": "true"})
        actions.erase(member, by=member, keep_words=True)
        drain()
        assert db.session.scalar(db.select(Subscription.id)) is None

    def test_by_the_api(self, api, member):
        call = api(member)
        assert call("GET", "/users/me/alerts").json["on"] is False
        assert call("PUT", "/users/me/alerts", {"on": True, "cadence": "daily"}).json["cadence"] == "daily"
        assert call("GET", "/users/me/alerts").json == {
            "on": True,
            "scope": "mine",
            "minimum": "important",
            "cadence": "daily",
        }


def test_a_sign_up_queues_its_mail_in_the_same_transaction(client):
    client.post("/alerts", data=WISHES)
    queued = db.session.scalar(db.select(OutgoingMail).where(OutgoingMail.recipient == EVE))
    assert queued.unsubscribe_url and queued.html
