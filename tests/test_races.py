"""Fifty simultaneous requests have one effect, and whoever came late gets a sentence, not a 500."""

import threading

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from auth import actions as accounts
from auth import reputation
from auth.models import User
from auth.passwords import passwords
from bulletins.models import Bulletin
from core.database.db import db
from core.database.models import Attempt
from forum.models import Acceptance
from kb.models import Article
from moderation.models import Flag
from posts.models import Post, PostTag, Tag, Vote, VoteChange

pytestmark = pytest.mark.every_database
MANY = 50
TEXT = "A text about patching servers that is long enough to be useful to people who read it."


@pytest.fixture
def settings():
    """Everybody may do everything: what is looked at is the race."""
    return {"REDOUBT_PRIVILEGE_SCALE": "0"}


@pytest.fixture
def browsers(app):
    """browsers(user=None, many=MANY) → clients that threads may use, all in one session of that member."""

    def make(user=None, many=MANY):
        clients = [FlaskClient(app, app.response_class) for _ in range(many)]
        if user is not None:
            token = accounts.open_session(user)
            db.session.commit()
            for client in clients:
                with client.session_transaction() as cookie:
                    cookie["_user_id"], cookie["_fresh"] = token, True
        return clients

    return make


def at_once(clients, path, data) -> list[int]:
    """Post to a path from all clients at once, `data` or `data(number)`; the status codes."""
    db.session.commit()
    ready, codes = threading.Barrier(len(clients)), [0] * len(clients)

    def run(number):
        sent = data(number) if callable(data) else data
        ready.wait()
        codes[number] = clients[number].post(path, data=sent).status_code

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    return codes


def count(entity, *where) -> int:
    return db.session.scalar(select(func.count()).select_from(entity).where(*where))


@pytest.fixture(autouse=True)
def always_provable(app):
    yield
    db.session.commit()
    assert [fault for fault in reputation.verify() if not fault.startswith("test:")] == []


@pytest.fixture
def people(make_user):
    """(an author, an asker, a reader)."""
    return make_user(), make_user(), make_user()


def points(user) -> int:
    return db.session.get(User, user.id, populate_existing=True).reputation


def test_identical_votes_are_one_vote(browsers, people, make_question, make_answer):
    author, asker, reader = people
    answer = make_answer(make_question(by=asker), by=author)
    codes = at_once(browsers(reader), f"/posts/{answer.id}/vote", {"value": "1"})
    assert set(codes) == {302}
    assert count(Vote) == count(VoteChange) == 1
    assert points(author) == 11 and db.session.get(Post, answer.id).score == 1


def test_one_text_sent_many_times_is_one_answer(browsers, people, make_question):
    question = make_question(by=people[1])
    codes = at_once(browsers(people[2]), question.url, {"body": "Ask the vendor, and wait for their word."})
    assert set(codes) == {302} and count(Post, Post.kind == "answer") == 1


def test_votes_of_many_are_all_counted(browsers, people, make_user, make_question):
    author = people[0]
    question = make_question(by=author)
    clients = [browsers(make_user(), 1)[0] for _ in range(15)]
    assert set(at_once(clients, f"/posts/{question.id}/vote", {"value": "1"})) == {302}
    assert points(author) == 151 and db.session.get(Post, question.id).score == 15


def test_votes_on_oneself_are_none(browsers, people, make_question):
    author = people[0]
    question = make_question(by=author)
    assert set(at_once(browsers(author), f"/posts/{question.id}/vote", {"value": "1"})) == {403}
    assert count(Vote) == 0 and points(author) == 1


def test_the_last_votes_of_a_day_are_not_cast_twice(browsers, people, make_user, make_question):
    """Twenty posts of two people at once: six on each person, and no more."""
    reader, authors = people[2], [make_user() for _ in range(2)]
    questions = [make_question(by=authors[n % 2]) for n in range(20)]
    clients = browsers(reader, 20)
    ready, codes = threading.Barrier(20), []

    def run(client, question):
        ready.wait()
        codes.append(client.post(f"/posts/{question.id}/vote", data={"value": "1"}).status_code)

    threads = [threading.Thread(target=run, args=pair) for pair in zip(clients, questions, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [302] * 12 + [403] * 8
    assert [points(author) for author in authors] == [61, 61]


def test_acceptances_are_one(browsers, people, make_question, make_answer):
    author, asker, _ = people
    answer = make_answer(make_question(by=asker), by=author)
    assert set(at_once(browsers(asker), f"/answers/{answer.id}/accept", {})) == {302}
    assert count(Acceptance) == 1
    assert (points(author), points(asker)) == (16, 3)


def test_removals_are_one(browsers, people, make_question, moderator):
    author, _, reader = people
    question = make_question(by=author)
    browsers(reader, 1)[0].post(f"/posts/{question.id}/vote", data={"value": "1"})
    codes = at_once(browsers(moderator, 20), f"/posts/{question.id}/delete", {})
    assert set(codes) <= {302, 403}
    assert points(author) == 1 and db.session.get(Post, question.id).is_deleted


def test_one_name_makes_one_account(browsers, app, monkeypatch):
    monkeypatch.setattr(passwords, "hash_password", lambda password: "not looked at here")
    codes = at_once(
        browsers(),
        "/register",
        lambda n: {
            "username": "hedwig",
            "email": f"hedwig{n}@example.org",
            "password": "violet kettle orbit 93 marsh",
        },
    )
    assert sorted(codes) == [200] + [422] * (MANY - 1)
    assert count(User) == 1


def test_one_address_makes_one_account(browsers, app, monkeypatch):
    monkeypatch.setattr(passwords, "hash_password", lambda password: "not looked at here")
    names = ["marta", "norbert", "otilia", "pascal", "quirin", "rudolf", "sabine", "tobias"]
    codes = at_once(
        browsers(many=8),
        "/register",
        lambda n: {
            "username": names[n],
            "email": "shared@example.org",
            "password": "violet kettle orbit 93 marsh",
        },
    )
    assert set(codes) == {200}, "nobody learns whether the address is known"
    assert count(User) == 1


def test_two_new_tags_are_two_rows_however_many_ask_with_them(browsers, people):
    codes = at_once(
        browsers(people[1], 20),
        "/questions/ask",
        lambda n: {"title": f"How do I patch server number {n}?", "body": TEXT, "tags": "zeppelin aardvark"},
    )
    assert set(codes) == {302}
    assert count(Tag) == 2 and count(PostTag) == 40
    assert db.session.scalars(select(Tag.post_count)).all() == [20, 20]


def test_answers_are_all_counted(browsers, people, make_question):
    question = make_question(by=people[1])
    codes = at_once(browsers(people[0], 20), question.url, lambda n: {"body": f"{TEXT} {n}"})
    assert set(codes) == {302}
    assert db.session.get(Post, question.id).answer_count == 20


def test_flags_of_one_member_are_one(browsers, people, make_question):
    question = make_question(by=people[0])
    codes = at_once(browsers(people[2], 20), f"/posts/{question.id}/flag", {"reason": "spam"})
    assert set(codes) == {302}
    assert count(Flag) == 1


def test_feedback_of_many_is_all_counted(browsers, make_user, make_article):
    article = make_article()
    clients = [browsers(make_user(), 1)[0] for _ in range(15)]
    assert set(at_once(clients, f"/articles/{article.id}/feedback", {"helpful": "1"})) == {302}
    assert db.session.get(Article, article.id).helpful_count == 15


class TestGuessing:
    @pytest.fixture
    def settings(self):
        return {"REDOUBT_RATE_LIMITS": "on"}

    def test_tries_at_once_are_all_counted(self, browsers, make_user, monkeypatch):
        monkeypatch.setattr(passwords, "verify", lambda *args: False)
        make_user("hedwig")
        codes = at_once(browsers(many=30), "/login", {"username": "hedwig", "password": "a wrong guess"})
        assert sorted(codes) == [422] * 10 + [429] * 20
        assert count(Attempt, Attempt.key.startswith("login-pair")) == 10


def test_bulletins_written_at_once_have_numbers_of_their_own(browsers, moderator):
    codes = at_once(browsers(moderator, 20), "/bulletins/new", {"title": "A bulletin written at once"})
    assert codes == [302] * 20
    year = db.session.scalar(select(Bulletin.reference))[3:7]
    assert sorted(db.session.scalars(select(Bulletin.reference))) == [
        f"RB-{year}-{number:03}" for number in range(1, 21)
    ]
