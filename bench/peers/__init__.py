"""Other software that does the like, each in an environment of its own, filled with the same texts."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sqlalchemy import select

from bench.browser import Browser
from bench.programs import ProgramGroup
from bench.sites import Site
from core.database.db import db
from forum.models import Answer, Question
from kb.models import Article

TOPICS = 400
PAGES = 500
PER_PAGE = 20


class PeerUnavailable(Exception):
    """A peer cannot be measured here; the message says why."""


@dataclass
class Content:
    """What peers are filled with: threads as (title, texts), articles as (title, text)."""

    threads: list[tuple[str, list[str]]] = field(default_factory=list)
    articles: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Community:
    """A site as the living mix uses it (bench/mix.py). All forms have a field csrf_token.

    `lists` are pages that everybody reads, `threads` pairs of a page and the address that its reply is sent
    to, in the field `text_field`. `search(words, headers, token)` makes the request of a search, with the
    headers and the token of a member. A member may post `posts_each` times until `forget()` is called.
    """

    server: ProgramGroup
    port: int
    lists: list[str]
    threads: list[tuple[str, str]]
    members: list[Browser]
    search: Callable[[str, dict[str, str], str], bytes]
    text_field: str
    may_fail: bool = False  # other software may refuse what it cannot serve: it is counted
    posts_each: int = 1
    forget: Callable[[], None] = lambda: None


class Peer(Protocol):
    """One of them. `pages` names what is measured; what cannot be done there raises PeerUnavailable."""

    name: str
    pages: dict[str, str]

    def prepare(self, folder: Path, content: Content) -> None:
        """Install and fill it below `folder`, as far as that is not done."""
        ...

    def served(self, port: int) -> AbstractContextManager[ProgramGroup]:
        """Its server, as its own documentation says for production."""
        ...

    def member(self, port: int) -> Browser:
        """A browser in which one of its members is logged in."""
        ...

    def reply(self, browser: Browser, text: str) -> float:
        """Post a reply; returns milliseconds."""
        ...

    def community(self, port: int, server: ProgramGroup) -> Community:
        """What the living mix needs, with members logged in."""
        ...


def content_of(site: Site) -> Content:
    """Threads of a site, one of PER_PAGE posts and one of 500 first, and articles."""
    found = Content()
    with site.app.app_context():
        questions = list(
            db.session.scalars(select(Question).where(Question.is_public).order_by(Question.id).limit(TOPICS))
        )
        long, _longest, plain, *others = questions
        for question in (plain, long, *others):
            found.threads.append((question.title, list(_texts(question))))
        found.threads[0] = (plain.title, found.threads[0][1][:PER_PAGE])
        for article in db.session.scalars(
            select(Article).where(Article.is_public).order_by(Article.id).limit(PAGES)
        ):
            found.articles.append((article.title, article.body))
    return found


def _texts(question: Question) -> Iterator[str]:
    yield question.body
    yield from db.session.scalars(
        select(Answer.body)
        .where(Answer.parent_id == question.id, Answer.is_public)
        .order_by(Answer.id)
        .limit(499)
    )
