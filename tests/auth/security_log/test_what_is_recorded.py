"""What the security log says after acts of every kind; no secret and nothing typed is in it."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from auth import actions as accounts
from auth import tasks
from auth.models import ApiToken, Session
from auth.passwords import login_attempts, passwords
from auth.security_log import actions as security_log
from auth.security_log.kinds import KINDS
from auth.security_log.models import SecurityEvent, SecurityOrigin
from core.database.db import db, utcnow
from core.markup.markup import render
from moderation import actions as moderation
from posts import actions as posts
from posts.models import Revision
from posts.redaction import redact
from tests.auth.conftest import NEW, OWN
from tests.conftest import PASSWORD

CANARY = "canary-typed-4711"


def actors(kind=None):
    rows = db.session.scalars(select(SecurityEvent).order_by(SecurityEvent.id))
    return [row.actor_id for row in rows if kind is None or row.kind == kind]


def kinds(user=None):
    rows = db.session.scalars(select(SecurityEvent).order_by(SecurityEvent.id))
    return [row.kind for row in rows if user is None or row.user_id == user.id]


@pytest.fixture
def known(member):
    member.password_hash = passwords.hash_password(PASSWORD)
    db.session.commit()
    return member


def test_log_ins_failures_and_what_a_member_does(app, client, known):
    name = known.username
    client.post("/login", data={"username": name, "password": CANARY})
    client.post("/login", data={"username": CANARY, "password": CANARY})
    client.post("/login", data={"username": name, "password": PASSWORD})
    client.post("/settings/tokens", data={"name": CANARY, "scope": "read"})
    client.get("/settings/data.json")
    client.get("/admin")
    client.post("/logout")
    assert kinds() == ["login_failed", *kinds(known)]
    assert kinds(known) == ["login_failed", "login", "token_made", "data_exported", "refused", "logout"]
    everything = str(
        [
            row.__dict__
            for model in (SecurityEvent, SecurityOrigin)
            for row in db.session.scalars(select(model))
        ]
    )
    assert CANARY not in everything and PASSWORD not in everything


def test_acts_of_others_name_who_did_them(app, member, moderator, admin, make_question):
    question = make_question()
    posts.revise(question, render("Another text that is long enough to be one of a question."), by=member)
    redact(db.session.scalar(select(Revision).where(Revision.number == 1)), by=moderator)
    moderation.suspend(member, 3, "A reason.", by=moderator)
    moderation.unsuspend(member, by=moderator)
    accounts.set_role(member, "moderator", by=admin)
    accounts.set_role(member, "moderator", by=admin)
    db.session.commit()
    rows = db.session.scalars(select(SecurityEvent).order_by(SecurityEvent.id)).all()
    assert [(row.kind, row.actor_id) for row in rows] == [
        ("revision_redacted", moderator.id),
        ("suspended", moderator.id),
        ("suspension_lifted", moderator.id),
        ("role_changed", admin.id),
    ]
    assert rows[-1].facts == {"before": "member", "after": "moderator"}
    assert "A reason" not in str([row.facts for row in rows])


def test_the_shell_is_named_as_what_did_it(app, member):
    app.test_cli_runner().invoke(args=["user", "promote", member.username, "administrator"])
    row = db.session.scalar(select(SecurityEvent))
    assert (row.kind, row.means, row.actor_id) == ("role_changed", "shell", None)


@pytest.mark.parametrize(
    ("arguments", "recorded"),
    [
        (["create", "newcomer", "--email", "newcomer@example.org"], ["registered"]),
        (["promote", "ophelia", "moderator"], ["role_changed"]),
        (["password", "ophelia"], ["account_secured", "password_changed"]),
        (["secure", "ophelia", "--email", "new@example.org"], ["email_changed", "account_secured"]),
    ],
)
def test_commands_about_accounts_are_recorded(app, owner, arguments, recorded):
    done = app.test_cli_runner().invoke(args=["user", *arguments])
    assert done.exit_code == 0, done.output
    assert kinds() == [*recorded, "shell_act"]
    row = db.session.scalar(select(SecurityEvent).where(SecurityEvent.kind == "shell_act"))
    assert (row.means, row.actor_id, row.facts) == ("shell", None, {"command": f"user-{arguments[0]}"})
    assert row.user_id is not None


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["import", "articles", "."], "import-articles"),
        (["import", "stackexchange", "."], "import-stackexchange"),
        (["product", "import", "."], "product-import"),
        (["bulletin", "import", "nothing.json"], "bulletin-import"),
        (["bulletin", "enrich", "--kev", "nothing.json"], "bulletin-enrich"),
    ],
)
def test_imports_are_recorded_whatever_they_find(app, tmp_path, monkeypatch, arguments, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nothing.json").write_text("{}")
    app.test_cli_runner().invoke(args=arguments)
    rows = db.session.scalars(select(SecurityEvent)).all()
    assert [(row.kind, row.means) for row in rows] == [("shell_act", "shell")]
    assert rows[0].facts == {"command": command}


def test_a_backup_is_recorded_and_made_where_nothing_can_be_written(app, tmp_path, monkeypatch):
    run = app.test_cli_runner().invoke
    done = run(args=["backup", str(tmp_path / "first.redoubt")])
    assert done.exit_code == 0, done.output
    assert kinds() == ["site_exported"]
    db.session.commit()
    monkeypatch.setattr(security_log, "record", lambda *_, **__: db.session.execute(db.text("no statement")))
    done = run(args=["backup", str(tmp_path / "second.redoubt")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "second.redoubt").stat().st_size
    assert kinds() == ["site_exported"]


class TestAccounts:
    """Each act on an account, with what it leaves in the log in this order."""

    def test_a_registration_and_its_confirmation(self, app, client, link):
        data = {"username": "newcomer", "email": "newcomer@example.org", "password": OWN}
        client.post("/register", data=data)
        client.post("/register", data=data)
        assert kinds() == ["registered"], "one account was made"
        client.post(link("confirm"))
        assert kinds() == ["registered", "account_secured", "confirmed"]

    def test_a_registration_for_an_address_in_use_is_none(self, client, owner):
        client.post("/register", data={"username": "newcomer", "email": owner.email, "password": OWN})
        assert kinds() == []

    def test_a_registration_that_nobody_confirmed(self, app, client):
        client.post("/register", data={"username": "newcomer", "email": "new@example.org", "password": OWN})
        with time_machine.travel(utcnow() + timedelta(days=8)):
            tasks.purge_unconfirmed()
        assert kinds() == ["registered", "account_purged"]

    def test_a_claim(self, client, login, moderator, make_user, link):
        person = make_user("imported")
        person.imported_from, person.email, person.confirmed_at = "elsewhere", None, None
        db.session.commit()
        login(moderator).post("/users/imported/attach-email", data={"email": "theirs@example.org"})
        client.post(link("claim"), data={"password": NEW})
        assert kinds(person) == ["claim_sent", "confirmed", "account_secured", "password_changed", "claimed"]
        assert actors("claim_sent") == [moderator.id] and actors("claimed") == [None]

    def test_a_reset(self, client, owner, link):
        client.post("/reset", data={"email": owner.email})
        client.post("/reset", data={"email": "nobody@example.org"})
        client.post(link("reset", owner.email), data={"password": NEW})
        assert kinds(owner) == [
            "password_reset_asked",
            "account_secured",
            "password_changed",
            "password_reset",
        ]
        assert kinds().count("password_reset_asked") == 2, "the same work for every address"
        assert set(actors()) == {None}

    def test_a_change_of_the_password_ends_what_is_open(self, login, owner):
        accounts.open_session(owner)
        accounts.make_token(owner, "a name", "read")
        page = login(owner)
        page.post("/settings/password", data={"current_password": CANARY, "password": NEW})
        page.post("/settings/password", data={"current_password": OWN, "password": NEW})
        assert kinds(owner) == [
            "token_made",
            "reauthentication_failed",
            "account_secured",
            "sessions_ended",
            "token_revoked",
            "password_changed",
        ]
        assert actors("password_changed") == [owner.id]

    def test_changes_of_the_address(self, app, login, owner, link):
        page = login(owner)
        page.post("/settings/email", data={"email": "first@example.org"})
        page.post("/settings/email/cancel")
        page.post("/settings/email/cancel")
        assert kinds(owner) == ["email_change_asked", "email_change_cancelled"], "the second ended none"
        page.post("/settings/email", data={"email": "second@example.org"})
        app.test_client().post(link("confirm", "second@example.org"))
        app.test_client().post(link("secure/address", "ophelia@example.org"))
        assert kinds(owner)[2:] == [
            "email_change_asked",
            "email_changed",
            "email_change_undone",
            "account_secured",
            "sessions_ended",
        ]
        assert actors("email_change_undone") == [None]

    def test_a_pending_change_that_the_old_address_ends(self, app, login, owner, link):
        login(owner).post("/settings/email", data={"email": "first@example.org"})
        app.test_client().post(link("secure/address", owner.email))
        assert kinds(owner) == [
            "email_change_asked",
            "email_change_cancelled",
            "account_secured",
            "sessions_ended",
        ]

    def test_an_administrator_who_secures_and_erases(self, login, owner, admin):
        admin.password_hash = passwords.hash_password(OWN)
        page = login(admin)
        page.post("/users/ophelia/secure", data={"email": "theirs@example.org"})
        page.post("/users/ophelia/erase", data={"current_password": OWN, "words": "keep"})
        assert kinds(owner) == [
            "email_changed",
            "account_secured",
            "administrator_act",
            "account_erased",
            "administrator_act",
        ]
        assert set(actors()) == {admin.id}

    def test_leaving(self, login, owner):
        login(owner).post("/settings/erase", data={"current_password": OWN, "words": "keep"})
        assert kinds(owner) == ["account_erased", "sessions_ended"] and set(actors()) == {owner.id}

    def test_tokens_and_sessions(self, login, owner):
        accounts.open_session(owner)
        page = login(owner)
        page.post("/settings/tokens", data={"name": CANARY, "scope": "read"})
        token = db.session.scalar(select(ApiToken.id))
        other = db.session.scalar(select(Session.id).order_by(Session.id))
        for _ in range(2):
            page.post(f"/settings/tokens/{token}/revoke")
            page.post(f"/settings/sessions/{other}/close")
        assert kinds(owner) == ["token_made", "token_revoked", "session_ended"]

    def test_a_lock_out_and_its_end(self, app, owner, link):
        owner.failed_logins, owner.last_seen_at = (
            login_attempts.MAX_FAILED_LOGINS_UNKNOWN_DEVICE - 1,
            utcnow(),
        )
        db.session.commit()
        page = app.test_client()
        page.post("/login", data={"username": "ophelia", "password": CANARY})
        page.post("/login", data={"username": "ophelia", "password": OWN})
        page.post("/reset", data={"email": owner.email})
        page.post(link("reset", owner.email), data={"password": NEW})
        page.post("/login", data={"username": "ophelia", "password": NEW})
        assert kinds(owner) == [
            "locked_out",
            "login_failed",
            "login_failed",
            "password_reset_asked",
            "account_secured",
            "lockout_lifted",
            "password_changed",
            "password_reset",
            "login",
        ]


def test_a_visitor_who_is_refused_leaves_no_row(client):
    assert client.get("/admin").status_code == 302
    assert client.post("/api/v1/articles", json={}).status_code == 401
    assert kinds() == []


def test_a_refused_token_is_recorded(api, member):
    call = api(member)
    db.session.commit()
    assert call("get", "/status").status_code == 403
    row = db.session.scalar(select(SecurityEvent).where(SecurityEvent.kind == "refused"))
    assert (row.user_id, row.means, row.facts["route"]) == (member.id, "api", "/api/v1/status")


def test_pages_show_administrators_all_and_members_their_own(app, login, member, other, admin):
    for user in (member, other):
        accounts.make_token(user, "a name", "write")
    db.session.commit()
    page = login(member).get("/settings/security").text
    assert page.count("API token created") == 1 and other.username not in page
    client = login(admin)
    everything = client.get("/admin/security-log").text
    assert member.display_name in everything and other.display_name in everything
    only = client.get(f"/admin/security-log?kind=token_made&user={other.username}&first_day=2020-01-01").text
    main = only[only.index("<table") :]
    assert other.display_name in main and member.display_name not in main
    assert client.get("/admin/security-log?kind=token_made&last_day=2020-01-01").text.count("<tr>") == 0
    assert client.get("/admin/security-log?user=nobody-here").status_code == 422
    assert login(member).get("/admin/security-log").status_code == 403


def test_pages_go_on_where_the_last_one_ended(app, login, member, admin):
    for _ in range(60):
        accounts.make_token(member, "a name", "read")
    db.session.commit()
    first = login(admin).get("/admin/security-log?kind=token_made").text
    assert first.count("<tr>") == 51 and "after=" in first and "kind=token_made" in first


def test_the_export_holds_ones_own_part(login, member, other):
    for user in (member, other):
        accounts.make_token(user, "a name", "write")
    db.session.commit()
    data = json.loads(login(member).get("/settings/data.json").text)
    assert [event["kind"] for event in data["security_events"]] == ["token_made"]


class TestStructuredLog:
    @pytest.fixture
    def settings(self):
        return {"REDOUBT_LOG": "json"}

    def test_an_event_is_logged_once_it_is_committed_and_never_when_undone(self, app, member, capsys):
        accounts.make_token(member, "a name", "write")
        db.session.rollback()
        assert "token_made" not in capsys.readouterr().err
        accounts.make_token(db.session.merge(member), "a name", "write")
        db.session.commit()
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        said = [line for line in lines if line.get("logger") == "redoubt.security"]
        assert [(line["event"], line["user"], line["scope"]) for line in said] == [
            ("token_made", member.id, "write")
        ]

    def test_what_a_savepoint_undoes_is_not_logged_and_the_rest_is_once(self, app, member, capsys):
        accounts.make_token(member, "before", "read")
        undone = db.session.begin_nested()
        with db.session.begin_nested():
            accounts.make_token(member, "inside", "write")
        undone.rollback()
        with db.session.begin_nested():
            accounts.set_role(member, "moderator", by=None)
        assert "redoubt.security" not in capsys.readouterr().err
        db.session.commit()
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        said = [line["event"] for line in lines if line.get("logger") == "redoubt.security"]
        assert said == ["token_made", "role_changed"] == kinds(member)

    def test_what_is_beyond_the_hour_is_logged_and_written_nowhere_else(
        self, login, member, count_queries, capsys
    ):
        browser, most = login(member), KINDS["refused"].max_an_hour
        for _ in range(most + 1):
            browser.get("/admin")
        with count_queries() as statements:
            assert browser.get("/admin").status_code == 403
        assert not [statement for statement in statements if statement.startswith(("INSERT", "BEGIN IMM"))]
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        assert [line["user"] for line in lines if line.get("event") == "refused"] == [member.id] * (most + 2)
        assert kinds() == ["refused"] * most
