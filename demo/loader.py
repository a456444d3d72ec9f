"""Load the demo community: perform every act of its history, in order and at its own time.

All of it is one transaction through the actions of the packages, so that the community is loaded whole or
not at all, its reputation is earned within the rules, and loading it again changes nothing.
"""

import re
import secrets
from collections.abc import Collection
from itertools import chain
from random import Random
from typing import NamedTuple, TypeVar

from sqlalchemy import select

from auth import actions as auth_actions
from auth.models import User
from auth.passwords import passwords
from core.cli import progress
from core.database.db import clock_set_to, db, utcnow
from core.markup.markup import render
from demo import bulletins, products, reports
from demo.story import FOLDER, Act, Story
from forum import actions as forum
from forum.models import Answer, Question
from kb import actions as kb
from kb.models import Article
from moderation import actions as moderation
from posts import actions as posts
from posts import policy, queries, voting
from posts.attachments import actions as attachments
from posts.models import DRAFT, Comment, Post, Tag

SOURCE = "demo"
LINK_PATTERN = re.compile(r"\]\((?:\.\./\w+/)?([\w-]+)\.md\)")
PICTURE_PATTERN = re.compile(r"\]\(\.\./pictures/([\w-]+\.png)\)")
P = TypeVar("P", bound=Post)


class Account(NamedTuple):
    """A demo account with its password, which is not stored."""

    role: str
    username: str
    password: str


class Loader:
    """A run of the loader: members by username, posts by key, and new accounts that can log in."""

    def __init__(self) -> None:
        self.story = Story(utcnow())
        names = [row["username"] for row in self.story.members]
        self.members = {
            user.username: user for user in db.session.scalars(select(User).where(User.username.in_(names)))
        }
        self.posts = {
            post.external_id: post
            for post in db.session.scalars(select(Post).where(Post.imported_from == SOURCE))
        }
        self.accounts: list[Account] = []
        self.voted: set[tuple[str, str]] = set()

    def run(self) -> list[Account]:
        """Perform the missing acts; members and threads that exist stay as they are."""
        acts = self.story.acts()
        existing = {*self.members, *self.posts}
        with clock_set_to(acts[0].happened_at):
            self._tags()
        missing = [act for act in acts if act.thread not in existing]
        with progress(missing, len(missing), "demo community") as rows:
            for act in rows:
                with clock_set_to(act.happened_at):
                    getattr(self, f"_{act.verb}")(act)
        self._link([post for key, post in self.posts.items() if key not in existing])
        return self.accounts

    def _post(self, kind: type[P], key: str) -> P:
        post = self.posts[key]
        if not isinstance(post, kind):
            raise TypeError(f"{key} is no {kind.__name__}")
        return post

    def _tags(self) -> None:
        known = set(db.session.scalars(select(Tag.name)))
        db.session.add_all(Tag(**row) for row in self.story.tags if row["name"] not in known)

    def _join(self, act: Act) -> None:
        """Members with a random password have an address that cannot receive mail, the others have none."""
        row = act.facts
        role = row.get("role", "member")
        password = _password() if row.get("can_log_in") else None
        if password:
            self.accounts.append(Account(role, act.key, password))
        user = auth_actions.make_user(
            act.key,
            display_name=row["display_name"],
            role=role,
            confirmed=True,
            email=f"{act.key}@demo.invalid" if password else None,
            password_hash=passwords.hash_password(password) if password else None,
        )
        auth_actions.edit_profile(
            user,
            display_name=row["display_name"],
            website="",
            location=row.get("location", ""),
            about=render(row["about"]),
        )
        self.members[act.key] = user

    def _ask(self, act: Act) -> None:
        self._create(Question(title=act.facts["title"]), act, act.facts["tags"])

    def _answer(self, act: Act) -> None:
        self._create(Answer(parent_id=self.posts[act.facts["parent"]].id), act)

    def _comment(self, act: Act) -> None:
        self._create(Comment(parent_id=self.posts[act.facts["parent"]].id), act)

    def _publish(self, act: Act) -> None:
        facts = act.facts
        article = self._create(
            Article(
                title=facts["title"],
                status=DRAFT,
                layer=facts["layer"],
                summary=facts["summary"],
                applies_to=facts.get("applies_to", []),
                verified_on=facts["verified_on"],
                verified_build=facts["verified_build"],
                verified_by_name=facts["verified_by"],
                verified_revision=1,
            ),
            act,
            facts["tags"],
        )
        kb.publish(article, by=self.members[act.author])

    def _create(self, post: P, act: Act, tags: Collection[str] = ()) -> P:
        post.imported_from = SOURCE
        post.external_id = act.key
        post.author_id = self.members[act.author].id
        text = PICTURE_PATTERN.sub(lambda link: self._picture(link[1], act), act.text.strip())
        self.posts[act.key] = posts.create(post, render(text), tags=tags)
        return post

    def _picture(self, name: str, act: Act) -> str:
        """Store a picture of the demo content; returns the end of its link."""
        prepared = attachments.prepare((FOLDER / "pictures" / name).read_bytes(), name)
        made = attachments.store(prepared, author_id=self.members[act.author].id)
        return f"]({attachments.path_of(made)})"

    def _link(self, created: list[Post]) -> None:
        """Replace links to other files, `[title](05-laps-rollout.md)`, by the URLs of their posts."""
        linked = [post for post in created if LINK_PATTERN.search(post.body)]
        for text in chain(linked, *(queries.revisions(post) for post in linked)):
            text.body = LINK_PATTERN.sub(lambda link: f"]({self.posts[link[1]].url})", text.body)
        for post in linked:
            post.body_html = render(post.body).html

    def _edit(self, act: Act) -> None:
        """Replace the text before a line `=>` by the one after it; an empty one appends."""
        post = self.posts[act.key]
        old, new = (part.strip() for part in act.text.split("=>\n", 1))
        body = post.body.replace(old, new) if old else f"{post.body}\n\n{new}"
        posts.revise(
            post,
            render(body),
            by=self.members[act.author],
            title=act.facts.get("title"),
            summary=act.facts["summary"],
        )

    def _vote(self, act: Act) -> None:
        """Vote as a random member who may vote and has not reached a daily limit."""
        post = self.posts[act.key]
        value = act.facts["value"]
        voters = list(self.members.values())
        Random(act.facts["seed"]).shuffle(voters)  # noqa: S311  (the same in every run)
        for voter in voters:
            ballot = (act.key, voter.username)
            if ballot in self.voted or not policy.can_vote(voter, post, value):
                continue
            try:
                voting.vote(post, voter, value)
            except voting.VoteRefused:
                continue
            self.voted.add(ballot)
            return

    def _accept(self, act: Act) -> None:
        forum.accept(self._post(Answer, act.key), by=self.members[act.author])

    def _close(self, act: Act) -> None:
        original = act.facts.get("of")
        forum.close(
            self._post(Question, act.thread),
            act.facts["reason"],
            by=self.members[act.author],
            note=act.text.strip(),
            duplicate_of=self._post(Question, original) if original else None,
        )

    def _reopen(self, act: Act) -> None:
        forum.reopen(self._post(Question, act.thread), by=self.members[act.author])

    def _flag(self, act: Act) -> None:
        moderation.flag(
            self.posts[act.key], act.facts["reason"], by=self.members[act.author], note=act.text.strip()
        )

    def _keep(self, act: Act) -> None:
        moderation.dismiss_flags(self.posts[act.key], by=self.members[act.author], note=act.text.strip())

    def _hide(self, act: Act) -> None:
        moderation.hide(
            self.posts[act.key],
            by=self.members[act.author],
            reason=act.facts["reason"],
            note=act.text.strip(),
        )


def _password() -> str:
    """96 random bits in groups that are easy to type."""
    return "-".join(secrets.token_hex(3) for _ in range(4))


def load() -> list[Account]:
    """Load what is missing; return the new accounts with a random password.

    Products and bulletins come first, products in their own transactions: a run that is killed after them
    has made no accounts and can be repeated.
    """
    products.load()
    bulletins.load()
    accounts = Loader().run()
    bulletins.confirm()
    reports.load()
    return accounts
