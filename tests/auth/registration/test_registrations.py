"""Registrations that nobody has confirmed: shown to nobody, and the address belongs to who proves it."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from auth import actions, tasks
from auth.models import ApiToken, EmailToken, Session, User
from auth.passwords import passwords
from core.database.db import db, utcnow
from core.markup.markup import render
from forum import actions as forum
from notifications.models import Notification
from tests.auth.conftest import NEW, OWN

VICTIM = "victim@example.org"


def register(client, username, email=VICTIM, password=OWN):
    return client.post("/register", data={"username": username, "email": email, "password": password})


def log_in(app, name, password):
    return app.test_client().post("/login", data={"username": name, "password": password}).status_code


def account(name) -> User | None:
    db.session.commit()
    return db.session.scalar(
        select(User).where(User.username == name).execution_options(populate_existing=True)
    )


@pytest.fixture
def pending(app, make_user):
    """An unconfirmed account that has all it could have."""
    user = make_user("zanzibarmarker", confirmed=False)
    user.about, user.about_html = "canary", "<p>canary</p>"
    user.location, user.display_name = "canarytown", "Zanzibarmarker Canary"
    user.password_hash = passwords.hash_password(OWN)
    db.session.commit()
    return user


class TestNobodySeesThem:
    @pytest.mark.parametrize(
        "path",
        [
            "/users/zanzibarmarker",
            "/users/zanzibarmarker.atom",
            "/api/v1/users/zanzibarmarker",
            "/api/v1/users/zanzibarmarker/reputation",
            "/api/v1/users/zanzibarmarker/posts",
        ],
    )
    def test_they_have_no_page(self, client, pending, path):
        assert client.get(path).status_code == 404

    @pytest.mark.parametrize(
        "path",
        [
            "/users",
            "/api/v1/users",
            "/sitemap.xml",
            "/sitemap-pages.xml",
            "/search?q=zanzibarmarker",
            "/api/v1/search?q=zanzibarmarker",
        ],
    )
    def test_they_are_in_no_list(self, client, pending, drain, path):
        drain()
        text = client.get(path).text.replace("q=zanzibarmarker", "").replace('"zanzibarmarker"', "")
        assert "anary" not in text and "/users/zanzibarmarker" not in text

    def test_moderators_see_no_more(self, login, moderator, pending):
        assert login(moderator).get("/users/zanzibarmarker").status_code == 404
        assert login(moderator).get("/users/zanzibarmarker/suspend").status_code == 404

    def test_they_are_found_once_they_are_confirmed(self, app, client, pending, drain):
        drain()
        assert client.get("/api/v1/search?q=zanzibarmarker").json["items"] == []
        pending.confirmed_at = utcnow()
        actions.events.record("user.confirmed", subject=pending)
        drain()
        found = client.get("/api/v1/search?q=zanzibarmarker").json["items"]
        assert [(item["kind"], item["id"]) for item in found] == [("user", pending.id)]

    def test_nobody_is_called_by_their_name(self, pending, member, drain):
        forum.ask(
            "Who knows the print spooler well?",
            render("Ask @zanzibarmarker, who knows it " * 3),
            ["printing"],
            by=member,
        )
        drain()
        assert db.session.scalar(select(Notification.id).where(Notification.user_id == pending.id)) is None

    def test_imported_people_are_shown_without_a_confirmation(self, client, pending):
        pending.imported_from, pending.external_id = "elsewhere", "7"
        db.session.commit()
        assert client.get("/users/zanzibarmarker").status_code == 200


class TestWhoProvesTheAddress:
    def test_a_reset_link_does_not_activate_what_somebody_else_registered(self, app, client, link):
        register(client, "hijacker")
        user = account("hijacker")
        token = actions.make_token(user, "backdoor", "write")
        inside = app.test_client()
        session = actions.open_session(user)
        user.about, user.display_name = "buy here", "Somebody Else"
        db.session.commit()
        with inside.session_transaction() as cookie:
            cookie["_user_id"] = session
        confirm = link("confirm")
        app.test_client().post("/reset", data={"email": VICTIM})
        assert app.test_client().post(link("reset"), data={"password": NEW}).status_code == 302
        user = account("hijacker")
        assert user.confirmed_at and user.email == VICTIM
        assert (user.about, user.about_html, user.display_name) == ("", "", "hijacker")
        assert log_in(app, VICTIM, OWN) == 422 and log_in(app, VICTIM, NEW) == 302
        assert client.post(confirm).status_code == 404
        assert inside.get("/settings/profile").status_code == 302
        header = {"Authorization": f"Bearer {token}"}
        assert client.get("/api/v1/users/me", headers=header).status_code == 401
        assert db.session.scalar(select(ApiToken)) is None
        assert set(db.session.scalars(select(EmailToken.purpose))) == {"secure"}, "of the mail that says so"

    def test_another_browser_than_the_registering_one_needs_the_password(self, app, client, link):
        register(client, "hijacker")
        victim = app.test_client()
        assert "another browser" in victim.get(link("confirm")).text
        for password in (None, "", "a wrong one"):
            assert (
                victim.post(link("confirm"), data={"password": password} if password else {}).status_code
                == 422
            )
        assert account("hijacker").confirmed_at is None
        assert victim.post(link("confirm"), data={"password": OWN}).status_code == 302
        assert account("hijacker").confirmed_at

    def test_the_browser_that_registered_needs_the_button_alone(self, app, client, link):
        register(client, "carol")
        assert "another browser" not in client.get(link("confirm")).text
        assert client.post(link("confirm")).status_code == 302
        assert log_in(app, "carol", OWN) == 302

    def test_the_second_registration_of_an_address_is_as_good_as_the_first(self, app, client, link):
        register(client, "hijacker", password=OWN)
        first, owner = link("confirm"), app.test_client()
        answer = register(owner, "victoria", password=NEW)
        assert answer.status_code == 200
        assert db.session.scalar(select(func.count()).select_from(User)) == 1
        assert owner.post(link("confirm")).status_code == 302
        user = account("victoria")
        assert user.email == VICTIM and user.confirmed_at and user.display_name == "victoria"
        assert account("hijacker") is None
        assert log_in(app, "victoria", NEW) == 302 and log_in(app, "victoria", OWN) == 422
        assert client.post(first).status_code == 404

    def test_registering_again_neither_ends_nor_changes_the_link_of_somebody_else(self, app, client, link):
        register(client, "victoria", password=NEW)
        mine = link("confirm")
        for number in range(3):
            register(app.test_client(), f"hijacker{number}")
        assert client.post(mine).status_code == 302
        assert account("victoria").confirmed_at and log_in(app, "victoria", NEW) == 302
        assert log_in(app, "victoria", OWN) == 422

    def test_the_same_form_sent_again_mails_another_link_with_its_own_password(self, app, client, link):
        register(client, "victoria", password=OWN)
        again = app.test_client()
        assert register(again, "victoria", password=NEW).status_code == 200
        assert again.post(link("confirm")).status_code == 302
        assert log_in(app, "victoria", NEW) == 302

    def test_a_change_of_address_takes_it_from_an_unconfirmed_registration(
        self, app, client, login, owner, link
    ):
        register(client, "hijacker", email="new@example.org")
        login(owner).post("/settings/email", data={"email": "new@example.org"})
        assert app.test_client().post(link("confirm", "new@example.org")).status_code == 302
        assert account("ophelia").email == "new@example.org" and account("hijacker") is None

    def test_a_name_that_was_taken_meanwhile_is_said(self, app, client, link, make_user):
        register(client, "hijacker")
        owner = app.test_client()
        register(owner, "victoria", password=NEW)
        mine = link("confirm")
        make_user("victoria")
        answer = owner.post(mine)
        assert answer.status_code == 422 and "taken since" in answer.text


class TestNames:
    def test_a_name_is_held_while_the_link_works_and_free_again_afterwards(self, app, client):
        register(client, "victoria")
        assert register(app.test_client(), "victoria", email="other@example.org").status_code == 422
        assert register(app.test_client(), "vict0ria", email="other@example.org").status_code == 422
        with time_machine.travel(utcnow() + timedelta(days=3, minutes=1)):
            assert register(app.test_client(), "victoria", email="other@example.org").status_code == 200
        assert account("victoria").email == "other@example.org"

    def test_a_held_name_does_not_say_whether_the_address_is_known(self, app, make_user):
        make_user("known")
        answers = []
        for name, email in (("one", "known@example.org"), ("two", "free@example.org")):
            first = register(app.test_client(), f"probe-{name}", email=email)
            same = register(app.test_client(), f"probe-{name}", email=email)
            other = register(app.test_client(), f"probe-{name}", email=f"third-{name}@example.org")
            answers.append([first.status_code, same.status_code, other.status_code])
        assert answers[0] == answers[1] == [200, 200, 422]


class TestPurge:
    def test_after_seven_days_they_are_gone_with_all_of_theirs(self, client, pending, make_user, drain):
        register(client, "carol", email="carol@example.org")
        actions.make_token(pending, "script", "read")
        imported = make_user("imported", confirmed=False)
        imported.imported_from, imported.external_id = "elsewhere", "9"
        kept = make_user("kept")
        db.session.commit()
        with time_machine.travel(utcnow() + timedelta(days=6, hours=23)):
            tasks.purge_unconfirmed()
            assert account("carol") and account("zanzibarmarker")
        with time_machine.travel(utcnow() + timedelta(days=7, minutes=1)):
            tasks.purge_unconfirmed()
        names = set(db.session.scalars(select(User.username)))
        assert names == {"imported", "kept"}
        for entity in (ApiToken, EmailToken, Session):
            assert db.session.scalar(select(entity.id)) is None
        db.session.commit()
        drain()
        assert register(client, "zanzibarmarker", email=f"{kept.username}.two@example.org").status_code == 200

    def test_one_that_was_registered_again_just_now_stays(self, client):
        register(client, "carol")
        with time_machine.travel(utcnow() + timedelta(days=8)):
            register(client, "carol")
            tasks.purge_unconfirmed()
            assert account("carol")

    def test_many_go_in_batches(self, app, make_user, monkeypatch):
        monkeypatch.setattr("auth.registration.actions.BATCH_SIZE", 2)
        for _ in range(5):
            make_user(confirmed=False)
        with time_machine.travel(utcnow() + timedelta(days=8)):
            tasks.purge_unconfirmed()
        assert db.session.scalar(select(User.id)) is None
