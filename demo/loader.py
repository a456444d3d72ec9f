"""Loads the demo community: every act of its story is done again, in order and at its own moment.

All of it happens in one transaction through the rooms' own actions, so the community is there whole or
not at all, its reputation is earned within the rules, and nothing is done twice.
"""

import re
import secrets
from itertools import chain
from random import Random
from typing import NamedTuple

from sqlalchemy import select

from auth import actions as auth_actions
from auth.models import User
from auth.passwords import passwords
from core.cli import progress
from core.database.db import clock_set_to, db, utcnow
from core.markup.markup import render
from demo import bulletins, products, reports
from demo.story import Act, Story
from forum import actions as forum
from forum.models import Answer, Question
from kb import actions as kb
from kb.models import Article
from moderation import actions as moderation
from posts import actions as posts
from posts import policy, queries, voting
from posts.models import DRAFT, Comment, Post, Tag

SOURCE = "demo"
LINK = re.compile(r"\]\((?:\.\./\w+/)?([\w-]+)\.md\)")


class Account(NamedTuple):
    """A demo account a newcomer can try; the password is known only now."""

    role: str
    username: str
    password: str


class Loader:
    """One run. `people` and `posts` are known by name and key; `accounts` are those one can log in to."""

    def __init__(self) -> None:
        self.story = Story(utcnow())
        names = [row["username"] for row in self.story.members]
        self.people = {
            user.username: user for user in db.session.scalars(select(User).where(User.username.in_(names)))
        }
        self.posts = {
            post.external_id: post
            for post in db.session.scalars(select(Post).where(Post.imported_from == SOURCE))
        }
        self.accounts: list[Account] = []
        self.voted: set[tuple[str, str]] = set()

    def run(self) -> list[Account]:
        """Do what is missing: members and files that are here already are left as they are."""
        acts, here = self.story.acts(), {*self.people, *self.posts}
        with clock_set_to(acts[0].moment):
            self._tags()
        missing = [act for act in acts if act.thread not in here]
        with progress(missing, len(missing), "demo community") as rows:
            for act in rows:
                with clock_set_to(act.moment):
                    getattr(self, f"_{act.verb}")(act)
        self._link([post for key, post in self.posts.items() if key not in here])
        return self.accounts

    def _tags(self) -> None:
        known = set(db.session.scalars(select(Tag.name)))
        db.session.add_all(Tag(**row) for row in self.story.tags if row["name"] not in known)

    def _join(self, act: Act) -> None:
        """Members with a random password have an address that can never receive mail; the others none."""
        row, role = act.facts, act.facts.get("role", "member")
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
        self.people[act.key] = user

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
        kb.publish(article, by=self.people[act.author])

    def _create(self, post: Post, act: Act, tags=()) -> Post:
        post.imported_from, post.external_id = SOURCE, act.key
        post.author_id = self.people[act.author].id
        self.posts[act.key] = posts.create(post, render(act.text.strip()), tags=tags)
        return post

    def _link(self, made: list[Post]) -> None:
        """Links to other files, `[words](05-laps-rollout.md)`, become addresses, once all posts have one."""
        linked = [post for post in made if LINK.search(post.body)]
        for text in chain(linked, *(queries.revisions(post) for post in linked)):
            text.body = LINK.sub(lambda link: f"]({self.posts[link[1]].url})", text.body)
        for post in linked:
            post.body_html = render(post.body).html

    def _edit(self, act: Act) -> None:
        """The text says `old`, a line `=>`, `new`; without an old text the new one is added at the end."""
        post = self.posts[act.key]
        old, new = (part.strip() for part in act.text.split("=>\n", 1))
        body = post.body.replace(old, new) if old else f"{post.body}\n\n{new}"
        posts.revise(
            post,
            render(body),
            by=self.people[act.author],
            title=act.facts.get("title"),
            summary=act.facts["summary"],
        )

    def _vote(self, act: Act) -> None:
        """Somebody drawn by lot among those who may and have not reached a limit of the day."""
        post, value = self.posts[act.key], act.facts["value"]
        voters = list(self.people.values())
        Random(act.facts["lot"]).shuffle(voters)
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
        forum.accept(self.posts[act.key], by=self.people[act.author])

    def _close(self, act: Act) -> None:
        forum.close(
            self.posts[act.thread],
            act.facts["reason"],
            by=self.people[act.author],
            note=act.text.strip(),
            duplicate_of=self.posts.get(act.facts.get("of", "")),
        )

    def _reopen(self, act: Act) -> None:
        forum.reopen(self.posts[act.thread], by=self.people[act.author])

    def _flag(self, act: Act) -> None:
        moderation.flag(
            self.posts[act.key], act.facts["reason"], by=self.people[act.author], note=act.text.strip()
        )

    def _keep(self, act: Act) -> None:
        moderation.dismiss_flags(self.posts[act.key], by=self.people[act.author], note=act.text.strip())

    def _hide(self, act: Act) -> None:
        moderation.hide(
            self.posts[act.key], by=self.people[act.author], reason=act.facts["reason"], note=act.text.strip()
        )


def _password() -> str:
    """96 random bits that can be read aloud."""
    return "-".join(secrets.token_hex(3) for _ in range(4))


def load() -> list[Account]:
    """Bring what is missing; returns the accounts that were made with a random password.

    Products and bulletins come first, products in transactions of their own: who was killed between them
    and the community has no accounts yet and begins again.
    """
    products.load()
    bulletins.load()
    accounts = Loader().run()
    bulletins.confirm()
    reports.load()
    return accounts
