"""The one function behind `/search`, the API and the measurement of relevance; and what is alike."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, wraps
from itertools import pairwise
from time import perf_counter

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload, lazyload

from auth.models import User
from auth.queries import is_listed
from core.database.db import db
from core.markup.markup import to_text
from core.observability import metrics
from core.web.lazy_text import lazy_gettext as _
from posts.models import Post, Tag
from posts.queries import visible
from search import changes, corrections, snippets
from search.analysis import terms
from search.documents import families, key, numbers
from search.documents import of as documents_of
from search.engines.base import Index, Results, Unavailable
from search.parser import Query, parse

PAGE = 10
FEW = 3
BEGUN_HASH = re.compile(r"(?=.*\d)[\da-f]{6,63}|\d+(\.\d+){1,3}")  # and an address or a version
BEGUN = re.compile(r"(?<!\S)([^\W\d_][\w.-]{2,})\*(?!\S)")
WORD = re.compile(r"(?<!\S)[^\W\d_]+(?!\S)")
MAX_BEGUN = 8  # identifiers that begin as one that was typed
MAX_READ = 3  # documents, for the spelling of a word
ALIKE_TERMS, ALIKE_POSTINGS = 12, 5_000


@dataclass
class Hit:
    """One result: the thing, its kind and address; title and snippet as (text, is a match) parts."""

    thing: object
    kind: str
    title: str
    url: str
    text: str
    wanted: set[str]

    @property
    def is_post(self) -> bool:
        """Whether the thing is something written, with votes and a date."""
        return isinstance(self.thing, Post)

    @cached_property
    def title_parts(self) -> snippets.Parts:
        """The title with the matches marked."""
        return snippets.marked(self.title, self.wanted)

    @cached_property
    def snippet(self) -> snippets.Parts:
        """The words around the matches in the text."""
        return snippets.snippet(to_text(self.text), self.wanted)


@dataclass
class Found:
    """A page of results with what the reader may want next."""

    query: Query
    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    facets: dict[str, Counter] = field(default_factory=dict)
    correction: str | None = None
    available: bool = True
    loosened: bool = False
    estimated: bool = False


def _counted(search: Callable[..., Found]) -> Callable[..., Found]:
    """The same search, counted and timed for /metrics."""

    @wraps(search)
    def counting(*args, **kwargs) -> Found:
        began = perf_counter()
        found = search(*args, **kwargs)
        outcome = "answered" if found.available else "unavailable"
        metrics.searches.labels(outcome).observe(perf_counter() - began)
        return found

    return counting


@_counted
def search(
    text: str,
    *,
    user,
    page: int = 1,
    size: int = PAGE,
    any_word: bool = False,
    sort: str = "relevance",
    since: datetime | None = None,
) -> Found:
    """Search as `user`; `since` leaves out what was written before.

    Rows are read again through visibility, and what the index has not heard of yet is left out before
    anything is counted: a stale index leaks nothing.
    """
    found = _search(_parsed(text, since), user=user, page=page, size=size, any_word=any_word, sort=sort)
    if found.available and not found.total and found.query.excluded:
        again = _search(
            _parsed(text, since, excludes=False),
            user=user,
            page=page,
            size=size,
            any_word=any_word,
            sort=sort,
        )
        if again.total:
            again.query.warnings.append(
                _(
                    "No results without %(words)s. Showing results that contain it.",
                    words=", ".join(each.text for each in found.query.filters),
                )
            )
            return again
    return found


def _parsed(text: str, since: datetime | None, *, excludes: bool = True) -> Query:
    """The query, of which nothing was written before `since` or before what it says itself."""
    query = parse(text, excludes=excludes)
    query.after = max(filter(None, (query.after, since)), default=None)
    return query


def _search(query: Query, *, user, page: int, size: int, any_word: bool, sort: str) -> Found:
    found = Found(query)
    engine = current_app.extensions["search"]
    try:
        hidden = frozenset(changes.hidden())
        with engine.view(hidden) as index:
            options = {"limit": size, "offset": (page - 1) * size, "any_word": any_word, "sort": sort}
            results, found.correction = current_app.extensions["recent_searches"].get(
                index.generation,
                (query.text, query.after, bool(query.excluded), hidden, *options.values()),
                lambda: _ask(index, query, options),
            )
    except Unavailable:
        found.available = False
        return found
    found.total, found.facets = results.total, results.facets
    found.loosened, found.estimated = results.loosened, results.estimated
    found.hits = load([name for name, _score in results.hits], user, set(query.all_terms()))
    return found


def _ask(index: Index, query: Query, options: dict) -> tuple[Results, str | None]:
    """What the index finds, and a likelier spelling when that is little."""
    _allow_what_is_there(index, query)
    results = index.search(query, few=FEW, facets=True, **options)
    if results.total >= FEW and not results.loosened:
        return results, None
    return results, corrections.corrected(index, query, lambda guess, typed: _spelt(index, guess, typed))


def _allow_what_is_there(index: Index, query: Query) -> None:
    """Let a hash or address be begun only, `Get-AD*` be any that begins so, and "log in" be one word."""
    for term in query.terms:
        if BEGUN_HASH.fullmatch(term) and not index.knows(term):
            query.allow(term, index.identifiers(term, MAX_BEGUN))
    for word in BEGUN.findall(query.text)[:MAX_BEGUN]:
        found = index.identifiers(re.sub(r"[-._/]", "", word).casefold(), MAX_BEGUN)
        for term in terms(word):
            query.allow(term, found)
    for first, second in list(pairwise(WORD.findall(query.text)))[:MAX_BEGUN]:
        joined = terms(first + second)
        if len(joined) == 1 and index.knows(joined[0]):
            for term in terms(f"{first} {second}"):
                query.allow(term, joined)


def _spelt(index: Index, guess: str, typed: str) -> str:
    """The word of the best documents with the stem of `guess` that is nearest to what was `typed`."""
    stem = "".join(terms(guess)[:1])
    found = index.search(Query(terms=[stem]), limit=MAX_READ).hits if stem else []
    texts = (f"{document.title} {document.body}" for document in documents_of(name for name, _ in found))
    return corrections.nearest(stem, typed, texts)


def load(keys: list[str], user, wanted: set[str]) -> list[Hit]:
    """What these keys name, in their order, as far as `user` may see it; `wanted` terms are marked."""
    rows: dict[str, Hit] = {}
    for post in _public_posts(numbers(keys, "post"), user):
        title = post.title or (post.parent.title if post.parent else "")
        rows[key("post", post.id)] = Hit(post, post.kind, title, post.url, post.body_html, wanted)
    if ids := numbers(keys, "user"):
        for person in db.session.scalars(select(User).where(User.id.in_(ids), is_listed())):
            rows[key("user", person.id)] = Hit(
                person, "user", person.display_name, person.profile_url, person.about_html, wanted
            )
    if ids := numbers(keys, "tag"):
        for tag in db.session.scalars(select(Tag).where(Tag.id.in_(ids), Tag.post_count > 0)):
            rows[key("tag", tag.id)] = Hit(tag, "tag", tag.name, tag.path, tag.excerpt, wanted)
    for name, family in families.items():
        if ids := numbers(keys, name):
            for row in db.session.scalars(family.statement.where(family.model.id.in_(ids))):
                rows[key(name, row.id)] = Hit(row, name, *family.show(row), wanted)
    return [rows[name] for name in keys if name in rows]


def _public_posts(ids: list[int], user, *options) -> Iterable[Post]:
    if not ids:
        return ()
    return db.session.scalars(
        visible(Post, user)
        .where(Post.id.in_(ids), Post.is_public)
        .options(joinedload(Post.parent).lazyload(Post.tags), *options)
    )


def _alike(index: Index, words: tuple[str, ...], kind: str, limit: int) -> list[str]:
    """Documents of a kind with the rarest of these words; one more than asked for, which may be the asker."""
    query = Query(terms=index.rarest(list(words), ALIKE_POSTINGS), only={"kind": [kind]})
    if not query.terms:
        return []
    return [name for name, _score in index.search(query, limit=limit + 1, any_word=True).hits]


def similar(
    title: str, body: str, *, user, kind: str = "question", but: int | None = None, limit: int = 5
) -> list[Post]:
    """Visible posts of a kind whose words are like these."""
    words = tuple(dict.fromkeys([*terms(title), *terms(body[:600])]))[:ALIKE_TERMS]
    try:
        with current_app.extensions["search"].view() as index:
            found = current_app.extensions["recent_searches"].get(
                index.generation, ("similar", words, kind, limit), lambda: _alike(index, words, kind, limit)
            )
    except Unavailable:
        return []
    ids = [number for number in numbers(found, "post") if number != but][:limit]
    rows = {post.id: post for post in _public_posts(ids, user, lazyload(Post.tags))}
    return [rows[number] for number in ids if number in rows]
