"""Loads the demo community of `front/demo/` once: members, tags, questions, answers, articles, votes."""

import re
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path

import frontmatter
import yaml
from sqlalchemy import select

from auth import actions as auth_actions
from auth import passwords, queries, tokens
from auth.models import User
from core.db import db, utcnow
from core.markup import render
from forum import actions as forum_actions
from forum.models import Answer, Question
from kb import actions as kb_actions
from kb.models import Article
from posts import actions, voting
from posts.models import DRAFT, Comment, Post, Tag

FOLDER = Path(__file__).parent / "demo"
SOURCE = "demo"
PART = re.compile(r"^<!-- (answer|comment)((?: \w+=\S+)*) -->\s*$", re.M)


class Loader:
    """One run; `passwords` collects what the shell prints."""

    def __init__(self) -> None:
        self.now = utcnow()
        self.passwords: dict[str, str] = {}
        self.people: dict[str, User] = {}

    def run(self) -> dict[str, str]:
        """Bring what is missing, members first."""
        self._members()
        self._tags()
        for path in sorted((FOLDER / "questions").glob("*.md")):
            self._question(path)
        self._duplicates()
        for path in sorted((FOLDER / "articles").glob("*.md")):
            self._article(path)
        return self.passwords

    def _ago(self, days: object):
        return self.now - timedelta(days=float(days or 0))

    def _members(self) -> None:
        for row in yaml.safe_load((FOLDER / "members.yaml").read_text()):
            name = row["username"]
            user = queries.by_username(name)
            if user is None:
                secret = tokens.new() if row.get("role", "member") != "member" else None
                user = auth_actions.make_user(
                    name, display_name=row["display_name"], role=row.get("role", "member"),
                    email=f"{name.replace('_', '-')}@demo.invalid", confirmed=True,
                    password_hash=passwords.hash_password(secret) if secret else None,
                    created_at=self._ago(row.get("joined_days_ago", 400)))
                about = render(row.get("about", ""))
                user.about, user.about_html = about.source, about.html
                user.location = row.get("location", "") or ""
                if secret:
                    self.passwords[name] = secret
            self.people[name] = user

    def _tags(self) -> None:
        for row in yaml.safe_load((FOLDER / "tags.yaml").read_text()):
            if db.session.scalar(select(Tag.id).where(Tag.name == row["name"])) is None:
                db.session.add(Tag(name=row["name"], excerpt=row["excerpt"].strip()))
        db.session.flush()

    def _is_here(self, key: str) -> bool:
        return db.session.scalar(select(Post.id).where(Post.imported_from == SOURCE,
                                                       Post.external_id == key)) is not None

    def _make(self, post: Post, key: str, author: str, days: object, body: str, tags=()) -> Post:
        post.imported_from, post.external_id = SOURCE, key
        post.author_id, post.created_at = self.people[author].id, self._ago(days)
        return actions.create(post, render(body.strip()), tags=tags)

    def _question(self, path: Path) -> None:
        page = frontmatter.loads(path.read_text())
        if self._is_here(path.stem):
            return
        pieces = PART.split(page.content)
        question = self._make(Question(title=page["title"]), path.stem, page["author"],
                              page["asked_days_ago"], pieces[0], page["tags"])
        self._vote(question, int(page.get("votes", 0)))
        last: Post = question
        for number in range(1, len(pieces), 3):
            kind, attributes, text = pieces[number:number + 3]
            facts = dict(pair.split("=", 1) for pair in attributes.split())
            key = f"{path.stem}:{number}"
            made = Answer(parent_id=question.id) if kind == "answer" else Comment(parent_id=last.id)
            made = self._make(made, key, facts["author"], facts.get("days_ago", 0), text)
            if kind == "answer":
                last = made
                self._vote(made, int(facts.get("votes", 0)))
                if facts.get("accepted") == "true":
                    forum_actions.accept(made, by=self.people[page["author"]])

    def _duplicates(self) -> None:
        staff = next(user for user in self.people.values() if user.is_moderator)
        for path in sorted((FOLDER / "questions").glob("*.md")):
            target = frontmatter.loads(path.read_text()).get("duplicate_of")
            question, canonical = self._by_key(path.stem), target and self._by_key(target)
            if canonical is not None and question.closed_at is None:
                forum_actions.close(question, "duplicate", by=staff, duplicate_of=canonical)

    def _by_key(self, key: str) -> Question | None:
        return db.session.scalar(select(Question).where(Question.imported_from == SOURCE,
                                                        Question.external_id == key))

    def _article(self, path: Path) -> None:
        page = frontmatter.loads(path.read_text())
        if self._is_here(path.stem):
            return
        author = self.people[page["author"]]
        article = Article(title=page["title"], layer=page["layer"], summary=page["summary"],
                          applies_to=page.get("applies_to", []), status=DRAFT)
        self._make(article, path.stem, page["author"], 60, page.content, page["tags"])
        kb_actions.publish(article, by=author)
        day = page["verified_on"]
        article.verified_on = day if isinstance(day, date) else date.fromisoformat(day)
        article.verified_build, article.verified_by_name = page["verified_build"], page["verified_by"]

    def _vote(self, post: Post, votes: int) -> None:
        """Votes of other members, spread by id so that nobody exceeds what a day allows."""
        voters = [u for u in self.people.values() if u.id != post.author_id]
        start = cycle(voters)
        for _ in range(post.id % len(voters)):
            next(start)
        for _ in range(min(votes, len(voters))):
            try:
                voting.vote(post, next(start), 1)
            except voting.VoteRefused:
                continue


def load() -> dict[str, str]:
    """Bring what is missing; returns {username: new random password} of the staff accounts made."""
    return Loader().run()
