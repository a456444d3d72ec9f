"""What 10,000 reputation opens: the queue to read, and hiding what another flagged as spam; no more."""

import pytest

from auth import reputation
from core.database.db import db
from moderation import actions
from moderation.models import Decision, Flag
from posts import actions as posts
from posts.models import PENDING


@pytest.fixture
def trusted(make_user):
    return make_user("trudy", reputation=10_000)


def test_the_queue_is_read_without_names_and_without_buttons(login, trusted, other, make_question, client):
    question = make_question()
    actions.flag(question, "rude", by=other, note="Shouting at people")
    page = login(trusted).get("/moderation").text
    assert question.title in page and "Shouting at people" in page
    assert "bob" not in page and "formaction" not in page and "Hide as spam" not in page
    assert 'href="/moderation"' in login(trusted).get("/").text
    assert 'href="/moderation"' not in client.get("/").text


def test_what_is_not_public_stays_with_the_moderators(login, trusted, moderator, other, make_question):
    hidden, waiting = make_question("A hidden question in the queue"), make_question("A first one that waits")
    actions.flag(hidden, "spam", by=other)
    posts.delete(hidden, by=moderator)
    waiting.status = PENDING
    posts.visibility.refresh(waiting)
    page = login(trusted).get("/moderation").text
    assert hidden.title not in page and waiting.title not in page
    assert hidden.title in login(moderator).get("/moderation").text


def test_spam_that_another_flagged_is_hidden_logged_and_costs_nothing_yet(
    login, trusted, other, make_user, make_question, moderator, client, drain
):
    author = make_user("advertiser", reputation=150)
    question = make_question(by=author)
    actions.flag(question, "spam", by=other)
    assert "Hide as spam" in login(trusted).get("/moderation").text
    assert login(trusted).post(f"/posts/{question.id}/hide", data={"reason": "rude"}).status_code == 302
    assert not question.is_public and author.reputation == 150
    row = db.session.scalar(db.select(Decision))
    assert (row.action, row.actor_id, row.reason, row.penalised_id) == ("hide", trusted.id, "spam", None)
    assert db.session.scalar(db.select(Flag)).outcome == "helpful"
    drain()
    assert "trudy" in client.get("/moderation/log").text
    login(moderator).post(f"/posts/{question.id}/restore")
    assert question.is_public
    assert [f for f in reputation.verify() if not f.startswith("test:")] == []


def test_nothing_else_is_hidden_with_the_tools(login, trusted, other, moderator, member, make_question):
    client, plain = login(trusted), make_question()
    rude, staff = make_question(), make_question(by=moderator)
    own, mine = make_question(by=trusted), make_question()
    actions.flag(rude, "rude", by=other)
    actions.flag(staff, "spam", by=other)
    actions.flag(own, "spam", by=other)
    actions.flag(mine, "spam", by=trusted)
    for post in (plain, rude, staff, own, mine):
        assert client.post(f"/posts/{post.id}/hide", data={"reason": "spam"}).status_code == 403
        assert post.is_public
    for verb in ("claim", "keep", "restore", "approve", "reject", "lock", "unlock"):
        assert client.post(f"/posts/{rude.id}/{verb}").status_code == 403
    assert client.get(f"/users/{member.username}/suspend").status_code == 403


def test_below_ten_thousand_there_are_no_tools(login, make_user, other, make_question):
    nearly = login(make_user("nearly", reputation=9_999))
    question = make_question()
    actions.flag(question, "spam", by=other)
    assert nearly.get("/moderation").status_code == 403
    assert nearly.post(f"/posts/{question.id}/hide").status_code == 403


def test_help_says_what_each_privilege_opens(client):
    page = client.get("/help").text
    for words in ("review suggested edits", "flagged as spam", "create tags"):
        assert words in page
