"""Random histories: every page that visitors get from the cache is the page that would be made now."""

import random
import re
from datetime import timedelta

import pytest
import time_machine

from auth import actions as auth
from core.cache import response_cache
from core.cache.memory_cache import MemoryCache
from core.cache.page_cache import PAGE_CACHE_BYTES, PAGE_TTL_SECONDS
from core.cache.response_cache import ResponseCache
from core.database.db import db
from core.markup.markup import Rendered, render
from core.web.conflicts import AlreadyDone
from forum import actions as forum
from kb import actions as kb
from moderation import actions as moderation
from posts import actions, voting
from posts.tags import actions as tags

TEXT = "A text about patching servers that is long enough to be useful to people who read it."
STEPS_A_DAY = 50
SAMPLE = 6  # pages compared after each step
REPUTATION = re.compile(rb'<span class="reputation".*?</span></span>', re.S)  # may be a minute old
LISTS = [
    "/",
    "/questions",
    "/questions?sort=active",
    "/questions?sort=votes",
    "/questions?sort=unanswered",
    "/questions.atom",
    "/tags",
    "/tags/tag0",
    "/tags/tag1",
    "/tags/tag0.atom",
    "/users",
    "/articles",
    "/articles.atom",
    "/layers/host",
    "/bulletins",
    "/bulletins/unpatched",
    "/products",
    "/lifecycle",
    "/calendar",
    "/calendar/2026-03",
    "/help",
]


class History:
    """A community, what happens in it, and the pages that show it."""

    def __init__(self, app, seed, people, moderator):
        self.app = app
        self.rng = random.Random(seed)
        self.people = people
        self.moderator = moderator
        self.questions = [self._ask() for _ in range(5)]
        self.answers = [self._answer(question) for question in self.questions for _ in range(2)]
        self.articles = [
            kb.write(f"Harden host number {n}", render(TEXT), layer="host", by=moderator, tags=[f"tag{n}"])
            for n in range(2)
        ]
        for article in self.articles:
            kb.publish(article, by=moderator)
        self.comments = [actions.comment(self.questions[0], render(TEXT), by=people[0])]
        db.session.commit()

    def paths(self):
        posts = [*self.questions, *self.articles]
        feeds = [f"/questions/{question.id}.atom" for question in self.questions[:2]]
        profiles = [f"/users/{user.username}" for user in [*self.people, self.moderator]]
        return [*LISTS, *(post.url for post in posts), *feeds, *profiles]

    def step(self):
        acts = {
            self.ask: 3,
            self.answer: 6,
            self.comment: 6,
            self.vote: 20,
            self.accept: 4,
            self.edit: 5,
            self.retitle: 2,
            self.remove: 3,
            self.bring_back: 3,
            self.close: 1,
            self.reopen: 1,
            self.rename: 1,
            self.publish: 1,
            self.describe: 1,
            self.lock: 1,
        }
        act = self.rng.choices(list(acts), acts.values())[0]
        try:
            act()
            db.session.commit()
        except (AlreadyDone, voting.VoteRefused):
            db.session.rollback()
        return act.__name__

    def _someone(self):
        return self.rng.choice(self.people)

    def _post(self):
        return self.rng.choice([*self.questions, *self.answers, *self.articles, *self.comments])

    def _ask(self):
        number = self.rng.randrange(10**6)
        tag = f"tag{self.rng.randrange(3)}"
        return forum.ask(f"Question number {number} about patching?", render(TEXT), [tag], by=self._someone())

    def _answer(self, question):
        return forum.answer(question, render(f"{TEXT} {self.rng.random()}"), by=self._someone())

    def ask(self):
        self.questions.append(self._ask())

    def answer(self):
        question = self.rng.choice(self.questions)
        if question.is_public and not (question.closed_at or question.is_locked):
            self.answers.append(self._answer(question))

    def comment(self):
        text = render(f"A remark with a number that is new: {self.rng.random()}")
        self.comments.append(actions.comment(self._post().thread, text, by=self._someone()))

    def vote(self):
        user, post = self._someone(), self._post()
        if post.author_id != user.id and post.is_public:
            voting.vote(post, user, self.rng.choice((1, 1, 1, -1, 0)))

    def accept(self):
        answer = self.rng.choice(self.answers)
        if answer.is_public and answer.parent.author is not None:
            verb = self.rng.choice((forum.accept, forum.accept, forum.unaccept))
            verb(answer, by=answer.parent.author)

    def edit(self):
        post = self._post()
        actions.revise(post, render(f"{TEXT} {self.rng.random()}"), by=self.moderator)

    def retitle(self):
        question = self.rng.choice(self.questions)
        title = f"Another title with number {self.rng.randrange(10**6)}?"
        actions.revise(question, render(TEXT), by=self.moderator, title=title)

    def remove(self):
        post = self._post()
        if post in self.questions[:1] or post.is_deleted:
            return
        actions.delete(post, by=self.moderator)

    def bring_back(self):
        removed = [p for p in [*self.questions, *self.answers, *self.comments] if p.is_deleted]
        if removed:
            moderation.restore(self.rng.choice(removed), by=self.moderator)

    def close(self):
        question, target = self.rng.sample(self.questions, 2)
        if question.is_public and target.is_public and not question.closed_at:
            forum.close(question, "duplicate", by=self.moderator, duplicate_of=str(target.id))

    def reopen(self):
        closed = [question for question in self.questions if question.closed_at]
        if closed:
            forum.reopen(self.rng.choice(closed), by=self.moderator)

    def rename(self):
        name = f"Member {self.rng.randrange(10**6)}"
        auth.edit_profile(self._someone(), display_name=name, location="", website="", about=Rendered("", ""))

    def publish(self):
        article = self.rng.choice(self.articles)
        verb = kb.publish if article.status == "draft" else kb.unpublish
        verb(article, by=self.moderator)

    def describe(self):
        tags.describe(f"tag{self.rng.randrange(3)}", f"When {self.rng.random()}", by=self.moderator)

    def lock(self):
        post = self.rng.choice(self.questions)
        (moderation.unlock if post.is_locked else moderation.lock)(post, by=self.moderator)


def made_now(app, client, path):
    """The page as it is made without caches, which stay as they are."""
    stored = {name: app.extensions[name] for name in ("page_cache", "response_cache")}
    app.extensions["page_cache"] = MemoryCache(PAGE_CACHE_BYTES, PAGE_TTL_SECONDS)
    app.extensions["response_cache"] = ResponseCache(app)
    try:
        return client.get(path)
    finally:
        app.extensions.update(stored)


@pytest.mark.every_database
@pytest.mark.parametrize("steps", [60, pytest.param(600, marks=pytest.mark.long)])
def test_a_cached_page_is_the_page_that_would_be_made_now(app, make_user, moderator, steps, monkeypatch):
    client = app.test_client()
    worked = []
    dispatch = type(app).full_dispatch_request
    monkeypatch.setattr(type(app), "full_dispatch_request", lambda app: worked.append(1) or dispatch(app))
    with time_machine.travel("2026-03-10 08:00:00+00:00", tick=False) as clock:
        people = [make_user(f"person{n}", reputation=500) for n in range(5)]
        history = History(app, steps, people, moderator)
        response_cache.clear()
        rng = random.Random(steps)
        for number in range(steps):
            act = history.step()
            if number % STEPS_A_DAY == 0:  # there are limits of votes a day; pages show relative times
                clock.shift(timedelta(days=1))
                response_cache.clear()
            for path in rng.sample(history.paths(), SAMPLE):
                page = client.get(path)
                fresh = made_now(app, client, path)
                assert page.status_code == fresh.status_code, (number, act, path)
                assert REPUTATION.sub(b"", page.data) == REPUTATION.sub(b"", fresh.data), (number, act, path)
    from_cache = 2 * SAMPLE * steps - len(worked)
    assert from_cache > steps / 2
