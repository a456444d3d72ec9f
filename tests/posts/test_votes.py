"""Votes and reputation: exact, capped, reversible."""

from datetime import timedelta

import pytest
import time_machine

from auth import reputation
from auth.models import User
from core.db import at, db, utcnow
from forum import actions as forum
from posts import actions, voting
from posts.models import Post

DAY = "2026-03-10 12:00:00+00:00"


def points(user):
    return db.session.get(User, user.id, populate_existing=True).reputation


def test_up_switch_and_withdraw(make_question, make_answer, member, make_user):
    question = make_question()
    answer = make_answer(question, by=make_user("dave"))
    author, start = answer.author, points(answer.author)
    voting.vote(answer, member, 1)
    assert points(author) == start + 10
    before = points(member)
    voting.vote(answer, member, -1)
    assert points(member) == before - 1
    voting.vote(answer, member, 0)
    assert points(author) == start
    assert points(member) == before
    assert answer.score == 0


def test_cap_is_exactly_200_a_day_and_accepts_are_outside(make_question, make_answer, make_user):
    author = make_user("erin")
    with time_machine.travel(DAY, tick=False):
        for number in range(25):
            answer = make_answer(make_question(by=make_user(f"asker{number}")), by=author)
            voting.vote(answer, make_user(f"voter{number}"), 1)
        assert points(author) == 201
        forum.accept(answer, by=answer.parent.author)
        assert points(author) == 216
    db.session.commit()
    assert [f for f in reputation.verify() if not f.startswith("test:")] == []


def test_deletion_reverses_and_restoring_gives_back(make_question, make_answer, member, make_user):
    author = make_user("frank")
    answer = make_answer(make_question(), by=author)
    voting.vote(answer, make_user(), 1)
    forum.accept(answer, by=member)
    assert points(author) == 1 + 10 + 15
    actions.delete(answer, by=author)
    assert points(author) == 1
    actions.undelete(answer, by=author)
    assert points(author) == 1 + 10 + 15
    db.session.commit()
    assert [f for f in reputation.verify() if not f.startswith("test:")] == []


def test_down_vote_then_delete_never_pays(make_question, make_answer, make_user):
    author = make_user("gail")
    answer = make_answer(make_question(), by=author)
    for _ in range(5):
        voting.vote(answer, make_user(), -1)
    assert points(author) == 1
    actions.delete(answer, by=author)
    assert points(author) == 1


def test_six_ups_a_day_on_one_person(make_question, make_answer, member, make_user):
    author = make_user("henry")
    answers = [make_answer(make_question(), by=author) for _ in range(7)]
    voter = make_user("iris")
    for answer in answers[:6]:
        voting.vote(answer, voter, 1)
    with pytest.raises(voting.VoteRefused):
        voting.vote(answers[6], voter, 1)


def test_vote_is_locked_after_five_minutes(make_question, make_answer, make_user):
    answer, voter = make_answer(make_question()), make_user()
    with time_machine.travel(DAY, tick=False) as clock:
        voting.vote(answer, voter, 1)
        clock.shift(301)
        with pytest.raises(voting.VoteRefused):
            voting.vote(answer, voter, 0)


def test_own_words_cannot_be_voted_on(login, make_question, member):
    question = make_question()
    assert login(member).post(f"/posts/{question.id}/vote", data={"value": "1"}).status_code == 403
    assert db.session.get(Post, question.id).score == 0


def test_the_limit_of_a_day_counts_that_day_only(make_question, make_answer, make_user):
    author, voter = make_user("jack"), make_user("kate")
    answers = [make_answer(make_question(), by=author) for _ in range(7)]
    for answer in answers[:6]:
        voting.vote(answer, voter, 1)
    with at(utcnow() - timedelta(days=2)):
        assert voting.vote(answers[6], voter, 1)
