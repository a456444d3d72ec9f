"""An account that is taken back is taken back whole: whatever a thief has opened ends with one act."""

import pytest
import time_machine
from sqlalchemy import select

from alerts import actions as alert_actions
from alerts.models import Subscription
from auth import actions, links, queries
from auth.address_changes import actions as changes
from auth.address_changes.models import AddressChange
from auth.models import ApiToken, EmailToken, Session, User
from auth.passwords import passwords
from auth.registration import actions as registration_actions
from auth.unsent import actions as unsent
from auth.unsent.models import UnsentForm
from core.database.db import db
from core.database.models import OutgoingMail
from core.mail import mail
from core.mail import signed_links as mail_links
from core.web.sent_forms import SentForm
from inventory import actions as owned_actions
from inventory.models import CalendarAddress
from notifications.models import Choice
from tests.auth.conftest import NEW, OWN

THIEF = "thief@evil.example"


@pytest.fixture
def opened(app, client, login, owner, link):
    """Everything a thief with the password can open; gives what is needed to try it later."""
    thief = login(owner)
    thief.post("/settings/email", data={"email": THIEF})
    token = actions.make_token(owner, "backdoor", "write")
    client.post("/reset", data={"email": owner.email})
    device = app.test_client()
    assert device.post("/login", data={"username": "ophelia", "password": OWN}).status_code == 302
    calendar = owned_actions.calendar_secret(owned_actions.renew_address(owner))
    alert_actions.switch(owner, on=True, minimum="important", cadence="daily")
    handle = db.session.scalar(select(Subscription.handle))
    unsent.store(SentForm("/settings/email", [("email", THIEF)], [], []), owner.id)
    db.session.commit()
    assert thief.get(f"/my/{calendar}.ics").status_code == 200
    return {
        "session": thief,
        "token": token,
        "confirm": link("confirm", THIEF),
        "reset": link("reset"),
        "device": device,
        "calendar": f"/my/{calendar}.ics",
        "manage": f"/alerts/manage/{mail_links.token(mail_links.MANAGE, handle)}",
        "stop": f"/alerts/unsubscribe/{mail_links.token(mail_links.STOP, handle)}",
        "mute": f"/inbox/unsubscribe/{mail_links.token(mail_links.MUTE, owner.id, 'answer', 0)}",
    }


def account() -> User:
    db.session.commit()
    return db.session.scalar(
        select(User).where(User.username == "ophelia").execution_options(populate_existing=True)
    )


def assert_closed(app, opened):
    """Nothing of what the thief opened works."""
    assert opened["session"].get("/settings/profile").status_code == 302
    header = {"Authorization": f"Bearer {opened['token']}"}
    assert app.test_client().get("/api/v1/users/me", headers=header).status_code == 401
    for name in ("confirm", "reset"):
        assert app.test_client().post(opened[name], data={"password": NEW}).status_code == 404, name
    assert opened["device"].get("/settings/profile").status_code == 302
    assert account().email == "ophelia@example.org"
    for entity in (EmailToken, ApiToken, Session):
        kept = EmailToken.purpose.not_in(["secure", "reset"]) if entity is EmailToken else True
        assert db.session.scalar(select(entity).where(kept)) is None
    assert db.session.scalar(select(AddressChange.id)) is None
    assert_addresses_closed(app.test_client(), opened)


def assert_addresses_closed(client, opened):
    """No secret address that was handed out works, and what it was for is still there."""
    assert client.get(opened["calendar"]).status_code == 404
    assert client.get(opened["manage"]).status_code == 404
    assert client.post(opened["mute"]).status_code == 403
    assert "This link no longer works." in client.post(opened["stop"]).text
    assert db.session.scalar(select(Subscription.cadence)) == "daily"
    assert db.session.scalar(select(Choice)) is None
    assert db.session.scalar(select(CalendarAddress.handle)) is not None
    assert db.session.scalar(select(UnsentForm.id)) is None


def test_alerts_of_others_keep_their_links(app, owner, make_user):
    other, nobody = make_user("othello"), make_user("nemo")
    nobody.email = None
    alert_actions.switch(other, on=True, minimum="important", cadence="daily")
    kept = db.session.scalar(select(Subscription.handle))
    for user in (owner, nobody):
        actions.secure_account(user)
    db.session.commit()
    assert db.session.scalar(select(Subscription.handle)) == kept


def test_alert_mail_that_waits_follows_its_subscription(app, owner):
    alert_actions.switch(owner, on=True, minimum="important", cadence="daily")
    handle = db.session.scalar(select(Subscription.handle))
    mail.queue(
        owner.email,
        "alerts_known",
        subject="Alerts",
        key=f"alert:{handle}:1:1",
        list_name=mail.ALERTS,
        unsubscribe="/",
        manage="/",
    )
    actions.secure_account(owner)
    alert_actions.switch(owner, on=False, minimum="important", cadence="daily")
    db.session.commit()
    assert db.session.scalar(select(OutgoingMail.id).where(OutgoingMail.subject == "Alerts")) is None


def by_reset(app, owner, link):
    app.test_client().post("/reset", data={"email": owner.email})
    return app.test_client().post(link("reset"), data={"password": NEW})


def by_notice(app, owner, link):
    return app.test_client().post(link("secure", owner.email))


def by_the_old_address(app, owner, link):
    return app.test_client().post(link("secure/address", owner.email))


def by_administrator(app, owner, link):
    page = app.test_client()
    token = actions.open_session(
        actions.make_user("adam", email="adam@example.org", role="administrator", confirmed=True)
    )
    db.session.commit()
    with page.session_transaction() as cookie:
        cookie["_user_id"] = token
    answer = page.post("/users/ophelia/secure")
    db.session.execute(db.delete(Session))
    db.session.commit()
    return answer


def by_shell(app, owner, link):
    done = app.test_cli_runner().invoke(args=["user", "secure", "ophelia"])
    assert done.exit_code == 0, done.output
    return None


WAYS = [by_reset, by_notice, by_the_old_address, by_administrator, by_shell]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_closes_everything(app, owner, link, opened, way):
    if way is by_notice:
        opened["device"].post("/settings/tokens", data={"name": "another", "scope": "read"})
    answer = way(app, owner, link)
    assert answer is None or answer.status_code == 302
    assert_closed(app, opened)


@pytest.mark.parametrize("way", WAYS[1:], ids=lambda way: way.__name__)
def test_the_stolen_password_does_not_work_any_more(app, owner, link, opened, way):
    if way is by_notice:
        opened["device"].post("/settings/tokens", data={"name": "another", "scope": "read"})
    way(app, owner, link)
    data = {"username": "ophelia", "password": OWN}
    assert opened["device"].post("/login", data=data).status_code == 422
    assert app.test_client().post("/login", data=data).status_code == 422


def test_a_new_password_ends_all_but_the_session_in_use(app, login, owner, opened):
    mine = login(owner)
    data = {"current_password": OWN, "password": NEW}
    assert mine.post("/settings/password", data=data).status_code == 302
    assert mine.get("/settings/profile").status_code == 200
    assert app.test_client().post(opened["confirm"]).status_code == 404
    assert account().email == "ophelia@example.org"
    assert db.session.scalar(select(ApiToken)) is None


def test_tokens_stay_only_for_who_looked_at_them(login, owner):
    actions.make_token(owner, "nightly report", "read")
    db.session.commit()
    mine = login(owner)
    assert "nightly report" in mine.get("/settings/password").text
    mine.post("/settings/password", data={"current_password": OWN, "password": NEW, "keep_tokens": "1"})
    assert db.session.scalar(select(ApiToken.name)) == "nightly report"
    mine.post("/settings/password", data={"current_password": NEW, "password": OWN})
    assert db.session.scalar(select(ApiToken)) is None


def test_an_administrator_names_the_address_and_ends_what_a_mailbox_may_undo(
    app, login, admin, owner, link, mails
):
    login(owner).post("/settings/email", data={"email": THIEF})
    app.test_client().post(link("confirm", THIEF))
    undo = link("secure/address", "ophelia@example.org")
    page = login(admin)
    assert "/users/ophelia/secure" in page.get("/users/ophelia").text
    answer = page.post("/users/ophelia/secure", data={"email": "safe@example.org", "end_undo": "1"})
    assert answer.status_code == 302 and account().email == "safe@example.org"
    assert app.test_client().get(undo).status_code == 404
    assert mails("safe@example.org")[-1].subject == "Reset your password"


def test_administrators_do_not_secure_each_other_and_moderators_nobody(
    login, admin, moderator, owner, make_user
):
    second = make_user("second", role="administrator")
    assert login(admin).post(f"/users/{second.username}/secure").status_code == 403
    assert login(moderator).post("/users/ophelia/secure").status_code == 403


def test_a_moderator_gives_no_address_to_a_claimed_account_without_password(login, moderator, owner):
    owner.imported_from = "elsewhere"
    db.session.commit()
    changes.recover(owner)
    db.session.commit()
    login(moderator).post("/users/ophelia/attach-email", data={"email": "moira.two@example.org"})
    assert account().email == "ophelia@example.org"


class TestChangesOfTheAddress:
    @pytest.fixture
    def moved(self, app, login, owner, link):
        """A thief has moved the account to an address of their own."""
        thief = login(owner)
        thief.post("/settings/email", data={"email": THIEF})
        assert app.test_client().post(link("confirm", THIEF)).status_code == 302
        assert account().email == THIEF
        return thief

    def test_the_old_address_is_told_when_one_is_asked_for(self, login, owner, mails):
        login(owner).post("/settings/email", data={"email": "new@example.org"})
        asked = mails("ophelia@example.org")[-1]
        assert "requested" in asked.subject and "new@example.org" in asked.body
        assert "/secure/address/" in asked.body

    def test_a_pending_one_is_seen_and_cancelled_in_the_settings(self, app, login, owner, link):
        mine = login(owner)
        mine.post("/settings/email", data={"email": "new@example.org"})
        assert "new@example.org" in mine.get("/settings/email").text
        mine.post("/settings/email/cancel")
        assert "new@example.org" not in mine.get("/settings/email").text
        assert app.test_client().post(link("confirm")).status_code == 404

    def test_a_later_one_ends_the_earlier(self, app, login, owner, link):
        mine = login(owner)
        mine.post("/settings/email", data={"email": "first@example.org"})
        first = link("confirm", "first@example.org")
        mine.post("/settings/email", data={"email": "second@example.org"})
        assert app.test_client().post(first).status_code == 404
        assert app.test_client().post(link("confirm", "second@example.org")).status_code == 302
        assert account().email == "second@example.org"

    def test_only_a_pressed_button_does_anything(self, app, owner, link, moved):
        undo = link("secure/address", "ophelia@example.org")
        assert "This wasn't me" in app.test_client().get(undo).text
        assert account().email == THIEF

    def test_both_mails_to_the_old_address_undo_it(self, app, owner, link, mails, moved):
        asked = next(mail for mail in mails("ophelia@example.org") if "requested" in mail.subject)
        path = "/secure/address/" + asked.body.split("/secure/address/")[1].split()[0]
        answer = app.test_client().post(path)
        assert account().email == "ophelia@example.org" and "/reset/" in answer.headers["Location"]
        assert app.test_client().post(answer.headers["Location"], data={"password": NEW}).status_code == 302
        assert passwords.verify(account().password_hash, NEW)
        assert app.test_client().post(path).status_code == 404

    def test_a_reset_by_the_thief_does_not_stop_the_undo(self, app, owner, link, moved):
        undo = link("secure/address", "ophelia@example.org")
        app.test_client().post("/reset", data={"email": THIEF})
        assert app.test_client().post(link("reset", THIEF), data={"password": NEW}).status_code == 302
        assert app.test_client().post(undo).status_code == 302
        assert account().email == "ophelia@example.org" and account().password_hash is None

    def test_a_second_move_does_not_stop_the_undo_and_ends_with_it(self, app, login, owner, link, moved):
        undo = link("secure/address", "ophelia@example.org")
        moved.post("/settings/email", data={"email": "second@evil.example"})
        app.test_client().post(link("confirm", "second@evil.example"))
        own_undo = link("secure/address", THIEF)
        app.test_client().post(undo)
        assert account().email == "ophelia@example.org"
        assert app.test_client().post(own_undo).status_code == 404, "the thief's way back is closed"

    def test_an_unconfirmed_registration_of_the_old_address_does_not_stop_the_undo(self, app, link, moved):
        app.test_client().post(
            "/register", data={"username": "squatter", "email": "ophelia@example.org", "password": OWN}
        )
        assert queries.account_by_username("squatter")
        assert app.test_client().post(link("secure/address", "ophelia@example.org")).status_code == 302
        assert account().email == "ophelia@example.org" and queries.account_by_username("squatter") is None

    def test_it_is_undone_for_seven_days(self, app, owner, link, moved):
        undo = link("secure/address", "ophelia@example.org")
        with time_machine.travel("2099-01-01"):
            assert app.test_client().get(undo).status_code == 404
        done = db.session.scalar(select(AddressChange.done_at))
        db.session.commit()
        with time_machine.travel(done + changes.UNDO_LIFETIME * 0.99):
            assert app.test_client().get(undo).status_code == 200
        with time_machine.travel(done + changes.UNDO_LIFETIME * 1.01):
            assert app.test_client().post(undo).status_code == 404
            registration_actions.delete_expired()
            assert db.session.scalar(select(AddressChange)) is None

    def test_an_address_of_another_account_looks_like_any_other(
        self, login, owner, make_user, mails, app, count_queries
    ):
        other = make_user("other")
        pages, counts = [], []
        for email in (other.email, "free@example.org"):
            mine = login(owner)
            with count_queries() as statements:
                mine.post("/settings/email", data={"email": email})
            counts.append(len(statements))
            pages.append(mine.get("/settings/email").text.replace(email, ""))
        assert counts[0] == counts[1]
        assert " is pending. Open the link" in pages[0] and " is pending. Open the link" in pages[1]
        assert "/confirm/" not in mails(other.email)[-1].body and account().email == "ophelia@example.org"


def test_links_live_as_long_as_the_mails_say(app):
    assert {name: found.total_seconds() for name, found in links.LIFETIMES.items()} == {
        "confirm": 3 * 86400,
        "reset": 7200,
        "claim": 14 * 86400,
        "secure": 7 * 86400,
    }
    assert (changes.PENDING_LIFETIME.days, changes.UNDO_LIFETIME.days) == (3, 7)
