"""Ten thousand random changes from eight threads over weeks: reputation stays provable.

Nothing here is retried: a deadlock, a lost race or a broken constraint fails the test. What the
ledger should say is worked out a second time, by other code than `flask reputation verify`.
"""

import random
import threading
from collections import Counter
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import lazyload

from auth import reputation
from auth.models import User
from core.database.db import db, utcnow
from core.markup.markup import render
from core.web.conflicts import AlreadyDone
from core.web.forms import Invalid
from forum import actions as forum
from forum import policy as forum_policy
from kb import actions as kb
from moderation import actions as moderation
from posts import actions, policy, voting
from posts.models import Post
from posts.suggestions import actions as suggestions
from tests.posts.ledger import check

pytestmark = pytest.mark.every_database
SEED, THREADS, STEPS, CHECKS = 20261013, 8, 10_000, 3
START = "2026-03-01 08:00:00+00:00"
TEXT = "A text about patching servers that is long enough to be useful to people who read it."
MEMBERS, QUESTIONS, ARTICLES = 40, 30, 6
ODDS = {
    "vote": 54,
    "change_mind": 9,
    "edit": 4,
    "answer": 4,
    "accept": 7,
    "unaccept": 2,
    "remove": 1.8,
    "bring_back": 3,
    "spam": 0.4,
    "publish": 0.8,
    "suggest": 0.5,
    "suspend": 4,
    "lift": 9,
    "leave": 0.1,
}


class Play:
    """The community and the moves it may make; every move is one transaction of its own."""

    def __init__(self, app, clock, steps):
        self.app, self.clock, self.turn, self.most = app, clock, threading.Lock(), steps
        self.steps, self.effective, self.moves = 0, 0, Counter()
        self.faults: list[str] = []
        with app.app_context():
            self.people = [self._person(f"member{n}") for n in range(MEMBERS)]
            self.staff = self._person("moira", role="moderator")
            self.posts = self._write()
            db.session.commit()
        self.recent: list[tuple[int, int]] = []

    def _person(self, name, **more):
        user = User(username=name, username_key=name, display_name=name, confirmed_at=utcnow(), **more)
        db.session.add(user)
        db.session.flush()
        reputation.award(user.id, "registered", cause=f"registration:{user.id}")
        return user.id

    def _write(self) -> list[int]:
        """Two famous authors and one whom nobody likes wrote much of it."""
        rng, made = random.Random(SEED), []
        authors = [self.people[n] for n in [0] * 30 + [1] * 10 + [2] * 10] + self.people
        for n in range(QUESTIONS):
            by = db.session.get(User, rng.choice(self.people))
            question = forum.ask(f"Question number {n} about patching?", render(TEXT), [f"tag{n % 3}"], by=by)
            made.append(question)
            made += [
                forum.answer(question, render(TEXT + end), by=db.session.get(User, rng.choice(authors)))
                for end in ("", "!")
            ]
            made.append(actions.comment(question, render(TEXT), by=by))
        for n in range(ARTICLES):
            by = db.session.get(User, rng.choice(authors))
            made.append(kb.write(f"Article {n}", render(TEXT), layer="host", by=by, tags=["tag0"]))
        return [post.id for post in made]

    def run(self, number: int) -> None:
        """Play until all steps are taken, or until anything is wrong."""
        rng = random.Random(f"{SEED}:{number}")
        try:
            while not self.faults and self._tick(rng):
                move = rng.choices(list(ODDS), ODDS.values())[0]
                with self.app.app_context():
                    try:
                        worked = getattr(self, move)(rng)
                        db.session.commit()
                    except (AlreadyDone, Invalid, voting.VoteRefused):
                        db.session.rollback()
                        worked = False
                with self.turn:
                    self.effective += bool(worked)
                    self.moves[move] += bool(worked)
        except Exception as error:
            self.faults.append(f"seed {SEED}, thread {number}, {move}: {error!r}"[:2000])

    def _tick(self, rng) -> bool:
        with self.turn:
            self.steps += 1
            self.clock.shift(timedelta(seconds=rng.expovariate(1 / 90)))
            return self.steps <= self.most

    def _member(self, rng) -> User:
        return db.session.get(User, rng.choice(self.people))

    def _post(self, rng) -> Post:
        return db.session.get(Post, rng.choice(self.posts), options=[lazyload(Post.tags)])

    def vote(self, rng):
        post, user = self._post(rng), self._member(rng)
        value = rng.choice((1, 1, 1, -1)) if post.author_id != self.people[2] else -1
        return self._vote(post, user, value)

    def change_mind(self, rng):
        """Withdraw or switch a vote of a moment ago, before it is locked."""
        if not self.recent:
            return False
        post_id, user_id = self.recent[-1 - int(rng.expovariate(0.5)) % min(8, len(self.recent))]
        return self._vote(
            db.session.get(Post, post_id), db.session.get(User, user_id), rng.choice((0, 1, -1))
        )

    def _vote(self, post, user, value):
        if not policy.can_vote(user, post, value) or not voting.vote(post, user, value):
            return False
        self.recent = [*self.recent[-20:], (post.id, user.id)]
        return True

    def edit(self, rng):
        post = self._post(rng)
        return actions.revise(post, render(f"{TEXT} {rng.random()}"), by=db.session.get(User, self.staff))

    def answer(self, rng):
        question, user = self._post(rng), self._member(rng)
        if question.kind != "question" or not forum_policy.can_answer(user, question):
            return False
        self.posts.append(forum.answer(question, render(f"{TEXT} {rng.random()}"), by=user).id)
        return True

    def accept(self, rng):
        return self._judge(rng, forum.accept)

    def unaccept(self, rng):
        return self._judge(rng, forum.unaccept)

    def _judge(self, rng, verb):
        answer = self._post(rng)
        if answer.kind != "answer" or not (asker := answer.parent.author):
            return False
        return forum_policy.can_accept(asker, answer.parent, answer) and verb(answer, by=asker)

    def remove(self, rng):
        post = self._post(rng)
        user = rng.choice((post.author, db.session.get(User, self.staff)))
        return policy.can_delete(user, post) and actions.delete(post, by=user)

    def bring_back(self, rng):
        hidden = db.session.scalars(select(Post.id).where(Post.deleted_at.is_not(None))).all()
        if not hidden:
            return False
        post, staff = db.session.get(Post, rng.choice(hidden)), db.session.get(User, self.staff)
        was_deleted = post.is_deleted
        moderation.restore(post, by=staff)
        return was_deleted

    def spam(self, rng):
        post = self._post(rng)
        moderation.hide(post, by=db.session.get(User, self.staff), reason="spam")
        return True

    def publish(self, rng):
        article = db.session.get(Post, rng.choice(self.posts[4 * QUESTIONS : 4 * QUESTIONS + ARTICLES]))
        verb = kb.publish if article.status == "draft" else rng.choice((kb.unpublish, kb.publish))
        verb(article, by=db.session.get(User, self.staff))
        return True

    def suggest(self, rng):
        """A member proposes an edit and the moderator approves it."""
        post, user, staff = self._post(rng), self._member(rng), db.session.get(User, self.staff)
        if post.author_id == user.id or post.kind == "comment" or not post.is_public:
            return False
        text = render(f"{TEXT} {rng.random()}")
        row = suggestions.propose(
            post,
            text,
            by=user,
            base_number=post.revision_count,
            title=post.title,
            tags=[tag.name for tag in post.tags],
            summary="Better so",
        )
        return suggestions.approve(row, text, by=staff, seen=row.version)

    def suspend(self, rng):
        moderation.suspend(
            self._member(rng), rng.randint(1, 3), "Cool down.", by=db.session.get(User, self.staff)
        )
        return True

    def lift(self, rng):
        member = self._member(rng)
        moderation.unsuspend(member, by=db.session.get(User, self.staff))
        return True

    def leave(self, rng):
        voting.remove_votes_of(rng.choice(self.people))
        return True


@pytest.fixture
def settings():
    """Everyone may vote: what is proved is the ledger, not the thresholds."""
    return {"REDOUBT_PRIVILEGE_SCALE": "0"}


@pytest.mark.parametrize("steps", [400, pytest.param(STEPS, marks=pytest.mark.long)])
def test_total_is_ledger_is_recomputation(app, steps):
    with time_machine.travel(START, tick=False) as clock:
        play = Play(app, clock, steps)
        threads = [threading.Thread(target=play.run, args=(n,)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        seen, every = [], steps // CHECKS
        while any(thread.is_alive() for thread in threads):
            threads[0].join(0.05)
            if play.steps > every * (len(seen) + 1):
                seen.append(check(app))
        seen.append(check(app))
        days = (utcnow() - datetime.fromisoformat(START)).days
    assert play.faults == []
    assert play.steps >= steps
    if steps == STEPS:  # enough of everything has happened
        assert play.effective >= STEPS / 2, (play.effective, play.moves)
        assert all(play.moves[move] for move in ODDS), play.moves
        assert days >= 7
        assert any(full for full, _ in seen) and any(minimum for _, minimum in seen)
