"""Thirty requests of two moderators at once have one outcome, one line in the log, and who came second
reads who was first and what they decided."""

import pytest
from sqlalchemy import func, select

from auth.models import User
from bulletins import actions as bulletins
from core.database.db import db
from core.database.models import Event
from core.markup.markup import render
from kb.models import Article
from moderation import actions as moderation
from moderation.appeals import actions as appeals
from moderation.appeals.models import Appeal
from moderation.models import Decision, Flag
from posts import actions as posts
from posts import visibility
from posts.models import PENDING, Post
from posts.suggestions import actions as suggestion_actions
from tests.test_races import always_provable, at_once, browsers  # noqa: F401  (fixtures)

pytestmark = pytest.mark.every_database
MANY = 30


@pytest.fixture
def settings():
    return {"REDOUBT_FLAG_WEIGHT": "0"}


@pytest.fixture
def pair(browsers, moderator, admin):
    """Thirty clients, every other of the second moderator."""
    mine, theirs = browsers(moderator, MANY // 2), browsers(admin, MANY // 2)
    return [client for both in zip(mine, theirs, strict=True) for client in both]


def count(entity, *where) -> int:
    return db.session.scalar(select(func.count()).select_from(entity).where(*where))


def lines(*actions):
    return count(Decision, Decision.action.in_(actions))


def race(clients, path, data=None):
    """The status codes; the second gets 409."""
    codes = at_once(clients, path, data or {})
    assert set(codes) <= {302, 409}, codes
    assert codes.count(409) >= MANY // 2 - 1, "everybody but the first and their repeats gets 409"
    return codes


def assert_already_done(client, path, name, what, data=None):
    answer = client.post(path, data=data or {})
    assert answer.status_code == 409
    assert name in answer.text and what in answer.text


def test_hide(pair, make_user, make_question, other, moderator):
    author = make_user("advertiser", reputation=150)
    question = make_question(by=author)
    moderation.flag(question, "spam", by=other)
    race(pair, f"/posts/{question.id}/hide", {"reason": "spam"})
    assert lines("hide") == 1
    assert db.session.get(User, author.id, populate_existing=True).reputation == 50
    assert count(Event, Event.name == "flag.resolved") == 1
    winner = db.session.scalar(select(Decision.actor_id))
    second = pair[1] if winner == moderator.id else pair[0]
    assert_already_done(
        second, f"/posts/{question.id}/hide", "moira" if winner == moderator.id else "adam", "hidden"
    )


def test_keep_and_hide_of_what_both_saw(pair, make_question, other):
    question = make_question()
    moderation.flag(question, "rude", by=other)
    codes = at_once(pair[:2], f"/posts/{question.id}/keep", {"seen": "0"})
    assert sorted(codes) == [302, 409]
    codes = at_once(pair, f"/posts/{question.id}/hide", {"seen": "0"})
    assert lines("keep") == 1 and db.session.scalar(select(Flag.outcome)) is not None
    actors = set(db.session.scalars(select(Decision.actor_id)))
    assert len(actors) == 1, "only who kept it may change their mind"


def test_a_page_that_was_not_reloaded_overrules_nobody(login, make_question, other, moderator, admin):
    question = make_question()
    moderation.flag(question, "rude", by=other)
    db.session.commit()
    login(moderator).post(f"/posts/{question.id}/keep", data={"seen": "0"})
    late = login(admin)
    assert_already_done(late, f"/posts/{question.id}/hide", "moira", "flags are dismissed", {"seen": "0"})
    assert_already_done(late, f"/posts/{question.id}/hide", "moira", "flags are dismissed")
    assert question.is_public and lines("hide") == 0
    newest = db.session.scalar(select(func.max(Decision.id)))
    assert late.post(f"/posts/{question.id}/hide", data={"seen": newest}).status_code == 302
    assert question.is_deleted


def test_keep_that_changes_nothing_is_no_line(login, make_question, moderator):
    question = make_question()
    assert login(moderator).post(f"/posts/{question.id}/keep").status_code == 302
    assert lines("keep") == 0


def test_restore(pair, make_question, moderator):
    question = make_question()
    moderation.hide(question, by=moderator)
    race(pair, f"/posts/{question.id}/restore")
    assert lines("restore") == 1 and db.session.get(Post, question.id).is_public


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_first_posts(pair, make_question, verb):
    question = make_question()
    question.status = PENDING
    visibility.refresh(question)
    race(pair, f"/posts/{question.id}/{verb}")
    assert lines("approve", "reject") == 1
    other_verb = {"approve": "reject", "reject": "approve"}[verb]
    codes = {client.post(f"/posts/{question.id}/{other_verb}").status_code for client in pair[:2]}
    assert codes == {409}, "the other outcome is no second one"
    assert lines("approve", "reject") == 1


@pytest.mark.parametrize("verb", ["lock", "unlock"])
def test_lock(pair, make_question, moderator, verb):
    question = make_question()
    if verb == "unlock":
        moderation.lock(question, by=moderator)
    race(pair, f"/posts/{question.id}/{verb}")
    assert lines(verb) == 1


def test_suspend_and_lift(pair, member):
    race(pair, f"/users/{member.username}/suspend", {"days": "3", "message": "Cool down for three days."})
    assert lines("suspend") == 1 and count(Event, Event.name == "user.suspended") == 1
    race(pair, f"/users/{member.username}/lift")
    assert lines("lift") == 1


def test_close_and_reopen(pair, make_question, drain):
    question = make_question()
    race(pair, f"/questions/{question.id}/close", {"reason": "off-topic"})
    race(pair, f"/questions/{question.id}/reopen")
    drain()
    assert lines("close") == lines("reopen") == 1


def test_publish_verify_and_unpublish(pair, make_article, drain):
    article = make_article(publish=False)
    race(pair, f"/articles/{article.id}/publish")
    race(pair, f"/articles/{article.id}/verify", {"verified_on": "2026-03-01", "verified_build": "22631"})
    race(pair, f"/articles/{article.id}/unpublish")
    drain()
    assert [lines(action) for action in ("publish", "verify", "unpublish")] == [1, 1, 1]
    assert db.session.get(Article, article.id).credit_turns == 1


def test_bulletins(pair, moderator, drain):
    bulletin = bulletins.create({"title": "A bulletin in a race"}, by=moderator)
    db.session.commit()
    race(pair, f"/bulletins/{bulletin.reference}/publish")
    race(pair, f"/bulletins/{bulletin.reference}/unpublish")
    drain()
    assert [lines(action) for action in ("publish", "unpublish")] == [1, 1]


def test_redact(pair, make_question, member, drain):
    question = make_question(body="The password is hunter2-canary-77 and it stands here by mistake.")
    posts.revise(question, render("The password is no longer here, it was a mistake to show it."), by=member)
    race(pair, f"/posts/{question.id}/revisions/1/redact", {"reason": "a password"})
    drain()
    assert lines("redact") == 1 and count(Event, Event.name == "revision.redacted") == 1


def test_remove_and_bring_back(pair, make_question, drain):
    question = make_question()
    race(pair, f"/posts/{question.id}/delete")
    race(pair, f"/posts/{question.id}/undelete")
    drain()
    assert lines("hide") == lines("restore") == 1


@pytest.mark.parametrize("verb", ["approve", "refuse"])
def test_appeals(pair, make_question, member, moderator, verb):
    question = make_question(by=member)
    moderation.hide(question, by=moderator)
    row = appeals.appeal(question, "Please look at it again.", by=member)
    race(pair, f"/appeals/{row.id}/{verb}", {"answer": "It stays removed."})
    assert count(Appeal, Appeal.outcome.is_not(None)) == 1
    assert lines("restore", "appeal-refused") == 1


def test_suggested_edits(pair, make_question, member, other, moderator):
    question = make_question(by=member)
    from_other = posts_suggestion(question, other)
    codes = at_once(pair, f"/suggestions/{from_other.id}/reject", {"reason": "It changes the meaning."})
    assert set(codes) == {302, 409}  # 409: too late, and the reason is given back
    assert count(Event, Event.name == "suggestion.rejected") == 1
    again = [
        client.post(f"/suggestions/{from_other.id}/reject", data={"reason": "It changes the meaning."})
        for client in pair[:2]
    ]
    assert sorted(answer.status_code for answer in again) == [302, 409]  # who was first may repeat it
    late = max(again, key=lambda answer: answer.status_code)
    assert "acted first" in late.text and "this edit is rejected." in late.text
    assert "It changes the meaning." in late.text
    assert count(Event, Event.name == "suggestion.rejected") == 1


def posts_suggestion(question, by):
    row = suggestion_actions.propose(
        question,
        render(f"{question.body} One step more."),
        by=by,
        base_number=1,
        title=question.title,
        tags=[tag.name for tag in question.tags],
        summary="A step",
    )
    db.session.commit()
    return row


@pytest.mark.parametrize(
    ("act", "typed"),
    [("close", "A note of three words"), ("suspend", "Advertising-again"), ("refuse", "Refused-in-one-word")],
)
def test_the_second_moderator_gets_what_they_wrote_back(
    login, make_question, member, moderator, admin, act, typed
):
    question = make_question(by=member)
    if act == "refuse":
        moderation.hide(question, by=moderator)
        path = f"/appeals/{appeals.appeal(question, 'Please look at it again.', by=member).id}/refuse"
    else:
        path = f"/questions/{question.id}/close" if act == "close" else f"/users/{member.username}/suspend"
    field = {"close": "note", "suspend": "message", "refuse": "answer"}[act]
    form = {"reason": "off-topic", "days": "7", "seen": ""}
    db.session.commit()
    assert login(moderator).post(path, data=form | {field: "What the first wrote."}).status_code == 302
    answer = login(admin).post(path, data=form | {field: typed})
    assert answer.status_code == 409 and "Already decided" in answer.text
    assert typed in answer.text and "data-sent-form" in answer.text
