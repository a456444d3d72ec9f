"""Acts that need the password again, and the mails about each."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from auth import actions
from auth.freshness_views import FRESH_LIFETIME
from auth.models import ApiToken, Session, User
from auth.passwords import login_attempts
from core.database.db import db, utcnow
from tests.auth.conftest import NEW, OWN
from tests.test_access import ROUTES

ACTS = [
    ("/settings/tokens", {"name": "nightly & <report>", "scope": "write", "expires_on": ""}),
    ("/settings/email", {"email": "new@example.org"}),
    ("/settings/email/cancel", {}),
    ("/settings/tokens/{token}/revoke", {}),
    ("/settings/sessions/{session}/close", {}),
]


@pytest.fixture
def stale(owner, login):
    """A browser whose password was given too long ago; another session and a token of the same member."""
    browser = login(owner)
    actions.open_session(owner, user_agent="another browser")
    actions.make_token(owner, "old", "read")
    db.session.execute(db.update(Session).values(proved_at=utcnow() - FRESH_LIFETIME - timedelta(seconds=1)))
    db.session.commit()
    return browser


def fill(path):
    other = db.session.scalar(select(Session.id).where(Session.user_agent == "another browser"))
    token = db.session.scalar(select(ApiToken.id))
    db.session.commit()
    return path.format(token=token, session=other)


def everything():
    """What the acts change."""
    db.session.commit()
    names = ("api_tokens", "address_changes", "outgoing_mail", "sessions")
    tables = [db.metadata.tables[name] for name in names]
    columns = [[column for column in table.c if column.name != "proved_at"] for table in tables]
    found = [sorted(map(repr, db.session.execute(select(*some)))) for some in columns]
    db.session.commit()
    return found


@pytest.mark.parametrize(("path", "data"), ACTS)
def test_an_act_asks_for_the_password_keeps_what_was_typed_and_goes_on(stale, path, data):
    path, before = fill(path), everything()
    page = stale.post(path, data=data)
    assert page.status_code == 403 and f'action="{path}"' in page.text
    for name, value in data.items():
        escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert f'<input type="hidden" name="{name}" value="{escaped}">' in page.text
    assert everything() == before
    wrong = stale.post(path, data={**data, "current_password": "not the password"})
    assert wrong.status_code == 422 and "not your current password" in wrong.text
    assert everything() == before
    assert stale.post(path, data={**data, "current_password": OWN}).status_code in (200, 302)
    if "cancel" not in path:
        assert everything() != before


def test_once_proved_the_next_acts_go_on_for_fifteen_minutes(stale):
    stale.post("/settings/tokens", data={"name": "one", "scope": "read", "current_password": OWN})
    assert stale.post("/settings/tokens", data={"name": "two", "scope": "read"}).status_code == 200
    with time_machine.travel(utcnow() + timedelta(minutes=14)):
        assert stale.post("/settings/tokens", data={"name": "three", "scope": "read"}).status_code == 200
    with time_machine.travel(utcnow() + timedelta(minutes=16)):
        assert stale.post("/settings/tokens", data={"name": "four", "scope": "read"}).status_code == 403


def test_one_browser_proves_nothing_for_another(stale, login, owner):
    fresh = login(owner)
    assert fresh.post("/settings/tokens", data={"name": "one", "scope": "read"}).status_code == 200
    assert stale.post("/settings/tokens", data={"name": "two", "scope": "read"}).status_code == 403


def test_data_is_downloaded_after_the_password_and_a_mail_says_so(stale, mails, drain):
    page = stale.get("/settings/data.json")
    assert page.status_code == 403 and "/settings/prove?next=/settings/data.json" in page.text
    answer = stale.post("/settings/prove?next=/settings/data.json", data={"current_password": OWN})
    assert answer.headers["Location"] == "/settings/data.json"
    assert stale.get("/settings/data.json").json["account"]["username"] == "ophelia"
    drain()
    assert mails("ophelia@example.org")[-1].subject == "Your data was downloaded"


def test_the_file_holds_no_link_that_waits_to_be_mailed(stale, client, owner, mails):
    client.post("/reset", data={"email": owner.email})
    token = mails(owner.email)[-1].body.split("/reset/")[1].split()[0]
    stale.post("/settings/prove", data={"current_password": OWN})
    assert token not in stale.get("/settings/data.json").text


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_going_on_never_leaves_the_site(stale, target):
    answer = stale.post(f"/settings/prove?next={target}", data={"current_password": OWN})
    assert answer.headers["Location"] == "/settings"


def test_sessions_from_before_are_not_fresh(stale):
    db.session.execute(db.update(Session).values(proved_at=None))
    db.session.commit()
    assert stale.post("/settings/tokens", data={"name": "two", "scope": "read"}).status_code == 403


def test_wrong_passwords_count_as_failed_log_ins(stale, owner):
    for _ in range(3):
        stale.post("/settings/prove", data={"current_password": "wrong"})
    assert db.session.scalar(select(User.failed_logins).where(User.id == owner.id)) == 3
    db.session.commit()
    stale.post("/settings/prove", data={"current_password": OWN})
    assert db.session.scalar(select(User.failed_logins).where(User.id == owner.id)) == 0


class TestMails:
    def test_each_act_is_mailed(self, login, owner, mails):
        mine = login(owner)
        mine.post("/settings/tokens", data={"name": "nightly", "scope": "write"})
        mine.post(f"/settings/tokens/{db.session.scalar(select(ApiToken.id))}/revoke")
        actions.open_session(owner, user_agent="a lost laptop")
        db.session.commit()
        lost = db.session.scalar(select(Session.id).where(Session.user_agent == "a lost laptop"))
        db.session.commit()
        mine.post(f"/settings/sessions/{lost}/close")
        mine.post("/settings/password", data={"current_password": OWN, "password": NEW})
        found = {mail.subject: mail.body for mail in mails(owner.email)}
        assert list(found) == [
            "New API token",
            "An API token was revoked",
            "A session was logged out",
            "Your password was changed",
        ]
        assert "“nightly” (read and write)" in found["New API token"]
        assert "a lost laptop" in found["A session was logged out"]
        assert all("/secure/" in body and " UTC" in body for body in found.values())

    def test_a_log_in_on_a_new_device_is_mailed_and_on_a_known_one_not(self, app, client, owner, mails):
        owner.last_seen_at = utcnow() - timedelta(days=3)
        db.session.commit()
        data = {"username": "ophelia", "password": OWN}
        client.post("/login", data=data, headers={"User-Agent": "Netscape 4"})
        client.post("/logout")
        client.post("/login", data=data)
        found = mails(owner.email)
        assert [mail.subject for mail in found] == ["New device logged in"]
        assert "Netscape 4" in found[0].body

    def test_the_first_log_in_of_all_is_no_news(self, client, owner, mails):
        client.post("/login", data={"username": "ophelia", "password": OWN})
        assert mails() == []

    def test_a_token_from_the_shell_is_mailed(self, app, owner, mails):
        app.test_cli_runner().invoke(args=["token", "create", "ophelia"])
        assert [mail.subject for mail in mails(owner.email)] == ["New API token"]


def test_the_api_makes_no_tokens_and_ends_no_sessions(app, owner):
    """No route that takes a token leads to a view of this package that changes an account."""
    found = [
        rule.endpoint
        for rule, method in ROUTES
        if rule.rule.startswith("/api/")
        and method != "GET"
        and app.view_functions[rule.endpoint].__module__.startswith("auth.")
    ]
    assert found == []
    token = actions.make_token(owner, "script", "write")
    db.session.commit()
    for path in ("/settings/tokens", "/settings/email", "/settings/password"):
        answer = app.test_client().post(
            path,
            headers={"Authorization": f"Bearer {token}"},
            data={"name": "x", "scope": "write", "current_password": OWN},
        )
        assert answer.status_code == 401
    assert db.session.scalar(select(db.func.count()).select_from(ApiToken)) == 1


@pytest.mark.parametrize(
    ("failures", "mailed"),
    [
        (login_attempts.MAX_FAILED_LOGINS_UNKNOWN_DEVICE - 2, 0),
        (login_attempts.MAX_FAILED_LOGINS_UNKNOWN_DEVICE - 1, 1),
        (login_attempts.MAX_FAILED_LOGINS - 1, 1),
    ],
)
def test_the_owner_is_told_of_the_last_password_that_was_wrong(stale, owner, mails, failures, mailed):
    owner.failed_logins = failures
    db.session.commit()
    stale.post("/settings/prove", data={"current_password": "wrong"})
    assert [mail.subject for mail in mails(owner.email)] == ["Many failed log-ins"] * mailed
