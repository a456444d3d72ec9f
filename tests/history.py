"""A community and the random things that happen in it, for tests that compare the pages which show it."""

import random
from contextlib import suppress

from sqlalchemy import select
from werkzeug.exceptions import Forbidden

from auth import actions as auth
from auth.models import User
from bulletins import actions as bulletins
from bulletins.models import Bulletin
from core.database.db import db
from core.markup.markup import Rendered, render
from core.web.conflicts import AlreadyDone
from deployment.reports import actions as reports
from deployment.reports.actions import Installation
from forum import actions as forum
from kb import actions as kb
from moderation import actions as moderation
from notifications import actions as notifications
from posts import actions, voting
from posts.models import Post
from posts.tags import actions as tags
from tests.readers import Readers

TEXT = "A text about patching servers that is long enough to be useful to people who read it."
TAGS = ("tag0", "tag1", "tag2")
HOT = 4  # things that changed last; half of all pages read are theirs
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
    "/bulletins.atom",
    "/bulletins/unpatched",
    "/products",
    "/lifecycle",
    "/calendar",
    "/calendar/2026-03",
    "/help",
]
OWN = ["/inbox", "/settings/profile", "/settings/email", "/settings/sessions", "/settings/notifications"]


def community(app, make_user, seed: int) -> "tuple[History, Readers]":
    """A history and its readers: the author writes much, the member little; three others vote and write."""
    people = {
        "author": make_user("person0", reputation=500),
        "member": make_user("newcomer"),
        "moderator": make_user("moira", role="moderator"),
        "administrator": make_user("adam", role="administrator"),
    }
    others = [make_user(f"person{n}", reputation=500) for n in range(1, 5)]
    readers = Readers(app, people)
    history = History(seed, [people["author"], *others], people["moderator"])
    for role in people:  # the test would see what is somebody else's
        url = app.config["REDOUBT_SITE_URL"] or "http://localhost"
        client, headers = app.test_client(use_cookies=False), readers.headers(role)
        own = client.get("/settings/email", headers=headers, base_url=url).data
        assert readers.canaries(role, own) == {"address", "token", "header"}
        assert readers.foreign(role, own) == [] and readers.foreign("visitor", own) == [role]
    return history, readers


class History:
    """Posts of five people and a moderator, what happens to them, and the pages that show it."""

    def __init__(self, seed: int, people: list[User], moderator: User):
        self.rng = random.Random(seed)
        self.people = [user.id for user in people]
        self.moderator_id = moderator.id
        self.usernames = {user.id: user.username for user in [*people, moderator]}
        self.paths: dict[int, str] = {}  # of threads, by id
        self.posts: dict[str, list[int]] = {"question": [], "answer": [], "comment": [], "article": []}
        self.bulletins: list[int] = []
        self.hot: list[str] = []
        for _ in range(5):
            self.ask()
        for question_id in list(self.posts["question"]):
            self._answer(db.session.get(Post, question_id))
        for number in range(2):
            self.note(self._article(number))
        self.publish_bulletin()
        db.session.commit()

    @property
    def moderator(self) -> User:
        """The moderator, who edits, deletes and locks."""
        return db.session.get(User, self.moderator_id)

    def page(self, role: str) -> str:
        """A page for `role` to look at: of what changed last, or any."""
        if role != "visitor" and self.rng.random() < 0.15:
            return self.rng.choice(OWN)
        if self.rng.random() < 0.5:
            return self.rng.choice(self.hot)
        feeds = [f"/questions/{question_id}.atom" for question_id in self.posts["question"][:2]]
        profiles = [f"/users/{name}" for name in self.usernames.values()]
        return self.rng.choice([*LISTS, *self.rng.sample(list(self.paths.values()), 5), *feeds, *profiles])

    def step(self) -> str:
        """Let one thing happen, committed; returns its name."""
        acts = {
            self.ask: 3,
            self.answer: 6,
            self.comment: 6,
            self.vote: 20,
            self.accept: 4,
            self.edit: 5,
            self.retitle: 2,
            self.remove: 3,
            self.restore: 3,
            self.close: 1,
            self.reopen: 1,
            self.rename: 1,
            self.publish: 1,
            self.describe: 1,
            self.lock: 1,
            self.publish_bulletin: 1,
            self.unpublish_bulletin: 1,
            self.report: 2,
            self.rate: 2,
            self.watch: 2,
            self.suspend: 1,
        }
        act = self.rng.choices(list(acts), acts.values())[0]
        with suppress(AlreadyDone, Forbidden, voting.VoteRefused, bulletins.NotPossible):
            act()
            db.session.commit()
        db.session.rollback()
        return act.__name__

    def note(self, post: Post) -> Post:
        """Remember a new or changed post."""
        db.session.flush()
        known = self.bulletins if post.kind == "bulletin" else self.posts[post.kind]
        if post.id not in known:
            known.append(post.id)
        if post.kind != "comment" and post.kind != "answer":
            self.paths[post.id] = post.url
        self._touch(post)
        return post

    def _touch(self, post: Post) -> None:
        root = post
        while root.parent is not None:
            root = root.parent
        if root.id in self.paths and (path := self.paths[root.id]) not in self.hot[-1:]:
            self.hot = [*self.hot, path][-HOT:]

    def _someone(self) -> User:
        return db.session.get(User, self.rng.choice(self.people))

    def any_post(self, *kinds: str) -> Post:
        """Any post of these kinds (of all), more often one of what changed last."""
        ids = [post_id for kind in kinds or self.posts for post_id in self.posts[kind]]
        recent = ids if self.rng.random() < 0.5 else ids[-20:]
        post = db.session.get(Post, self.rng.choice(recent))
        self._touch(post)
        return post

    def _article(self, number: int) -> Post:
        title, tag = f"Harden host number {number}", f"tag{number}"
        article = kb.write(title, render(TEXT), layer="host", by=self.moderator, tags=[tag])
        kb.publish(article, by=self.moderator)
        return article

    def ask(self) -> None:
        title = f"Question number {self.rng.randrange(10**6)} about patching?"
        self.note(forum.ask(title, render(TEXT), [self.rng.choice(TAGS)], by=self._someone()))

    def _answer(self, question: Post) -> None:
        self.note(forum.answer(question, render(f"{TEXT} {self.rng.random()}"), by=self._someone()))

    def answer(self) -> None:
        question = self.any_post("question")
        if question.is_public and not (question.closed_at or question.is_locked):
            self._answer(question)

    def comment(self) -> None:
        text = render(f"A remark with a number that is new: {self.rng.random()}")
        self.note(actions.comment(self.any_post().thread, text, by=self._someone()))

    def vote(self) -> None:
        user, post = self._someone(), self.any_post()
        if post.author_id != user.id and post.is_public:
            voting.vote(post, user, self.rng.choice((1, 1, 1, -1, 0)))

    def accept(self) -> None:
        answer = self.any_post("answer")
        if answer.is_public and answer.parent.author is not None:
            verb = self.rng.choice((forum.accept, forum.accept, forum.unaccept))
            verb(answer, by=answer.parent.author)

    def edit(self) -> None:
        actions.revise(self.any_post(), render(f"{TEXT} {self.rng.random()}"), by=self.moderator)

    def retitle(self) -> None:
        question = self.any_post("question")
        title = f"Another title with number {self.rng.randrange(10**6)}?"
        actions.revise(question, render(TEXT), by=self.moderator, title=title)
        self.note(question)

    def remove(self) -> None:
        post = self.any_post()
        if post.id not in self.posts["question"][:1] and not post.is_deleted:
            actions.delete(post, by=self.moderator)

    def restore(self) -> None:
        removed = list(db.session.scalars(select(Post).where(Post.deleted_at.is_not(None)).order_by(Post.id)))
        if removed:
            post = self.rng.choice(removed)
            self._touch(post)
            moderation.restore(post, by=self.moderator)

    def close(self) -> None:
        question, target = self.any_post("question"), self.any_post("question")
        if question.is_public and target.is_public and not question.closed_at and question is not target:
            forum.close(question, "duplicate", by=self.moderator, duplicate_of=str(target.id))

    def reopen(self) -> None:
        question = self.any_post("question")
        if question.closed_at:
            forum.reopen(question, by=self.moderator)

    def rename(self) -> None:
        name = f"Member {self.rng.randrange(10**6)}"
        auth.edit_profile(self._someone(), display_name=name, location="", website="", about=Rendered("", ""))

    def publish(self) -> None:
        article = self.any_post("article")
        verb = kb.publish if article.status == "draft" else kb.unpublish
        verb(article, by=self.moderator)

    def describe(self) -> None:
        tags.describe(self.rng.choice(TAGS), f"When {self.rng.random()}", by=self.moderator)

    def lock(self) -> None:
        post = self.any_post("question")
        (moderation.unlock if post.is_locked else moderation.lock)(post, by=self.moderator)

    def publish_bulletin(self) -> None:
        title = f"Widget number {self.rng.randrange(10**6)} runs code"
        bulletin = bulletins.create({"title": title, "severity": "critical"}, by=self.moderator)
        bulletins.publish(bulletin, by=self.moderator)
        self.note(bulletin)

    def _bulletin(self) -> Bulletin:
        bulletin = db.session.get(Bulletin, self.rng.choice(self.bulletins[-5:]))
        self._touch(bulletin)
        return bulletin

    def unpublish_bulletin(self) -> None:
        bulletin = self._bulletin()
        if bulletin.is_public:
            bulletins.unpublish(bulletin, by=self.moderator)

    def report(self) -> None:
        bulletin = self._bulletin()
        if bulletin.is_public:
            outcome = self.rng.choice(("installed", "failed"))
            target = f"Host {self.rng.randrange(10**6)}"
            reports.report(bulletin, Installation("lab", outcome, TEXT, target=target), by=self._someone())

    def rate(self) -> None:
        article = self.any_post("article")
        if article.is_public:
            kb.record_feedback(article, self.rng.random() < 0.5, by=self._someone())

    def watch(self) -> None:
        notifications.watch(self._someone(), self.any_post("question"), self.rng.random() < 0.5)

    def suspend(self) -> None:
        user = db.session.get(User, self.people[-1])
        if user.is_suspended:
            moderation.unsuspend(user, by=self.moderator)
        else:
            moderation.suspend(user, 3, "A reason in a test.", by=self.moderator)
