"""A suspended member reads and nothing else, is shown until when and why, and is let in again by time."""

from datetime import timedelta

import pytest
import time_machine

from auth import actions
from auth.passwords import passwords
from core.database.db import db, utcnow
from posts.models import Comment, Post, Revision, Vote

BODY = "These are enough words to be an answer to somebody's question about patches."
WHY = "Three adverts in one week."


@pytest.fixture
def suspended(member):
    actions.suspend(member, utcnow() + timedelta(days=3), WHY)
    db.session.commit()
    return member


def writes(question, answer):
    """Every form a member might send, with what it would need to be accepted."""
    ask = {"title": "May I still ask a question here?", "body": BODY, "tags": "patching"}
    return [
        ("/questions/ask", ask),
        (question.url, {"body": BODY}),
        (f"/questions/{question.id}/edit", {**ask, "summary": "x"}),
        (f"/posts/{answer.id}/vote", {"value": "1"}),
        (f"/answers/{answer.id}/accept", {}),
        (f"/posts/{answer.id}/comments", {"body": BODY}),
        (f"/posts/{answer.id}/flag", {"reason": "spam"}),
        (f"/posts/{question.id}/delete", {}),
        (f"/questions/{question.id}/close", {"reason": "opinion"}),
        ("/settings/profile", {"display_name": "Somebody"}),
        ("/preview", {"body": BODY}),
        ("/settings/tokens", {"name": "t", "scope": "write"}),
    ]


def test_every_write_is_refused_with_the_date_and_the_reason(login, suspended, make_question, make_answer):
    question = make_question(by=suspended)
    answer = make_answer(question)
    client = login(suspended)
    for path, data in writes(question, answer):
        refused = client.post(path, data=data)
        assert refused.status_code == 403, path
        assert f"{suspended.suspended_until:%d %b %Y, %H:%M}" in refused.text and WHY in refused.text, path
    assert db.session.scalar(db.select(db.func.count(Vote.id))) == 0
    assert db.session.scalar(db.select(db.func.count(Comment.id))) == 0
    assert db.session.scalar(db.select(db.func.count(Post.id))) == 2
    assert db.session.scalar(db.select(db.func.count(Revision.id))) == 2


VALUES = {"verb": "approve"}


def test_no_page_takes_the_form_of_a_suspended_member(app, login, suspended):
    """Also those of packages that forget to ask: only what was marked answers anything but 403."""
    client = login(suspended)
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if (
            "POST" in rule.methods
            and not rule.rule.startswith("/api/")
            and not getattr(view, "allow_suspended", False)
        ):
            path = rule.build(
                VALUES | dict.fromkeys(rule.arguments - VALUES.keys(), "1"), append_unknown=False
            )
            assert client.post(path[1] if path else rule.rule).status_code == 403, rule.rule


def test_suspended_members_log_in_and_read_under_the_message(client, suspended, make_question):
    question = make_question(by=suspended)
    actions.set_password(suspended, passwords.hash_password("violet kettle orbit 93 marsh"))
    assert (
        client.post(
            "/login", data={"username": suspended.username, "password": "violet kettle orbit 93 marsh"}
        ).status_code
        == 302
    )
    for path in ("/", question.url, "/settings/profile"):
        page = client.get(path)
        assert page.status_code == 200 and WHY in page.text
    assert client.post("/theme", data={"theme": "dark"}).status_code == 302
    assert client.post("/logout").status_code == 302
    assert WHY not in client.get("/").text


def test_the_api_reads_and_does_not_write(client, suspended, make_question):
    question = make_question(by=suspended)
    headers = {"Authorization": f"Bearer {actions.make_token(suspended, 'script', 'write')}"}
    assert client.get("/api/v1/articles", headers=headers).status_code == 200
    answer = client.post(f"/api/v1/posts/{question.id}/flags", json={"reason": "spam"}, headers=headers)
    assert answer.status_code == 403 and WHY in answer.json["detail"]


def test_time_lifts_a_suspension(login, suspended, make_question, other):
    question = make_question(by=other)
    with time_machine.travel(utcnow() + timedelta(days=3, minutes=1)):
        client = login(suspended)
        assert WHY not in client.get("/").text
        assert client.post(f"/posts/{question.id}/vote", data={"value": "1"}).status_code == 302


def test_a_suspended_moderator_moderates_nothing(login, moderator, make_question, make_article):
    question, article = make_question(), make_article()
    actions.suspend(moderator, utcnow() + timedelta(days=1), WHY)
    client = login(moderator)
    assert client.get("/moderation").status_code == 403
    for path in (
        f"/posts/{question.id}/hide",
        f"/posts/{question.id}/lock",
        f"/articles/{article.id}/unpublish",
    ):
        assert client.post(path).status_code == 403
    assert question.is_public and article.is_public
