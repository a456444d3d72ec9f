"""What the security log says after acts of every kind; no secret and nothing typed is in it."""

import json

import pytest
from sqlalchemy import select

from auth import actions as accounts
from auth import passwords
from auth.security_log.models import SecurityEvent, SecurityOrigin
from core.db import db
from core.markup import render
from moderation import actions as moderation
from posts import actions as posts
from posts.models import Revision
from tests.conftest import PASSWORD

CANARY = "canary-typed-4711"


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
    everything = str([row.__dict__ for model in (SecurityEvent, SecurityOrigin)
                      for row in db.session.scalars(select(model))])
    assert CANARY not in everything and PASSWORD not in everything


def test_acts_of_others_name_who_did_them(app, member, moderator, admin, make_question):
    question = make_question()
    posts.revise(question, render("Another text that is long enough to be one of a question."), by=member)
    posts.redact(db.session.scalar(select(Revision).where(Revision.number == 1)), by=moderator)
    moderation.suspend(member, 3, "A reason.", by=moderator)
    moderation.lift(member, by=moderator)
    accounts.set_role(member, "moderator", by=admin)
    accounts.set_role(member, "moderator", by=admin)
    db.session.commit()
    rows = db.session.scalars(select(SecurityEvent).order_by(SecurityEvent.id)).all()
    assert [(row.kind, row.actor_id) for row in rows] == [
        ("revision_redacted", moderator.id), ("suspended", moderator.id), ("suspension_lifted", moderator.id),
        ("role_changed", admin.id)]
    assert rows[-1].facts == {"before": "member", "after": "moderator"}
    assert "A reason" not in str([row.facts for row in rows])


def test_the_shell_is_named_as_what_did_it(app, member):
    app.test_cli_runner().invoke(args=["user", "promote", member.username, "administrator"])
    row = db.session.scalar(select(SecurityEvent))
    assert (row.kind, row.means, row.actor_id) == ("role_changed", "shell", None)


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
    main = only[only.index("<table"):]
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
            ("token_made", member.id, "write")]
