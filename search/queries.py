"""Search for the page, the API and the relevance benchmark."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, wraps
from time import perf_counter
from typing import Any, ParamSpec

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.interfaces import ORMOption

from auth.models import User, Visitor
from auth.queries import is_listed
from core.database.db import db
from core.markup.markup import to_text
from core.observability import metrics
from core.web.lazy_text import lazy_gettext as _
from posts.models import Post, Tag
from posts.queries import visible
from search import changes, corrections, expansions, fusion, lookups, snippets
from search.analysis import terms
from search.documents import families, ids_in, key, load_documents
from search.engines.base import Index, Results, Unavailable
from search.parser import Query, parse

PAGE_SIZE = 10
MIN_RESULTS = 3
Parameters = ParamSpec("Parameters")
MAX_SPELLING_DOCUMENTS = 3  # that are read for the spelling of a word


@dataclass
class Hit:
    """One result: the row, its kind and URL; title and snippet as (text, is a match) parts."""

    thing: Any  # a Post, User or Tag, or the row of a family
    kind: str
    title: str
    url: str
    text: str
    query_terms: set[str]

    @property
    def is_post(self) -> bool:
        """Whether the result is a post, with votes and a date."""
        return isinstance(self.thing, Post)

    @cached_property
    def title_parts(self) -> snippets.Parts:
        """The title with highlighted matches."""
        return snippets.highlight(self.title, self.query_terms)

    @cached_property
    def snippet(self) -> snippets.Parts:
        """The text around the matches."""
        return snippets.snippet(to_text(self.text), self.query_terms)


@dataclass
class Found:
    """A page of results, facets, and a corrected query if there are few.

    `loosened` and `estimated` are those of search.engines.base.Results.
    """

    query: Query
    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    facets: dict[str, Counter] = field(default_factory=dict)
    correction: str | None = None
    available: bool = True
    loosened: bool = False
    estimated: bool = False


def _measured(search: Callable[Parameters, Found]) -> Callable[Parameters, Found]:
    """Decorator: count and time a search for /metrics."""

    @wraps(search)
    def timed(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Found:
        started = perf_counter()
        found = search(*args, **kwargs)
        outcome = "answered" if found.available else "unavailable"
        metrics.searches.labels(outcome).observe(perf_counter() - started)
        return found

    return timed


@_measured
def search(
    text: str,
    *,
    user: User | Visitor,
    page: int = 1,
    size: int = PAGE_SIZE,
    any_word: bool = False,
    sort: str = "relevance",
    since: datetime | None = None,
) -> Found:
    """Search as `user` would see it; `since` (UTC) leaves out older documents.

    Rows are loaded with the visibility of `user`, and documents that are hidden by pending events are left
    out before anything is counted, so a stale index leaks nothing.
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
    """Parse a query and restrict it to documents not older than `since`."""
    query = parse(text, excludes=excludes)
    query.after = max(filter(None, (query.after, since)), default=None)
    return query


def _search(query: Query, *, user: User | Visitor, page: int, size: int, any_word: bool, sort: str) -> Found:
    found = Found(query)
    pinned = lookups.look_up(query)
    first = (page - 1) * size
    if pinned is not None:  # it is the first result, so that the others begin one place later
        first, size = (max(first - 1, 0), size if page > 1 else size - 1)
    engine = current_app.extensions["search"]
    try:
        hidden = frozenset(changes.hidden_keys())
        with engine.view(hidden) as index:
            options = {"limit": max(size, 1), "offset": first, "any_word": any_word, "sort": sort}
            results, found.correction = current_app.extensions["recent_searches"].get(
                index.generation,
                (query.text, query.after, bool(query.excluded), hidden, *options.values()),
                lambda: _run(index, query, options),
            )
    except Unavailable:
        found.available = False
        return found
    found.total = results.total
    found.facets = results.facets
    found.loosened = results.loosened
    found.estimated = results.estimated
    query_terms = set(query.all_terms())
    found.hits = load_hits([name for name, _score in results.hits][:size], user, query_terms)
    if pinned is not None:
        kind, answer = pinned
        found.total += 1
        if page == 1:
            found.hits.insert(0, Hit(answer.thing, kind, answer.title, answer.url, answer.text, query_terms))
    return found


def _run(index: Index, query: Query, options: dict) -> tuple[Results, str | None]:
    """Results, and a corrected query when there are few."""
    expansions.expand(index, query)
    results = fusion.search(index, query, min_results=MIN_RESULTS, facets=True, **options)
    if results.total >= MIN_RESULTS and not results.loosened:
        return results, None
    for other in expansions.split_queries(index, query):
        in_parts = index.search(other, facets=True, **options)
        if in_parts.total:
            return in_parts, None
    return results, corrections.correct(
        index, query, lambda guess, typed: _indexed_spelling(index, guess, typed)
    )


def _indexed_spelling(index: Index, guess: str, typed: str) -> str:
    """The word nearest to `typed` that has the stem of `guess`, from the best documents; or empty."""
    stem = "".join(terms(guess)[:1])
    found = index.search(Query(terms=[stem]), limit=MAX_SPELLING_DOCUMENTS).hits if stem else []
    texts = (f"{document.title} {document.body}" for document in load_documents(name for name, _ in found))
    return corrections.nearest_word(stem, typed, texts)


def load_hits(keys: list[str], user: User | Visitor, query_terms: set[str]) -> list[Hit]:
    """Load the hits of these keys, in order, that `user` may see; `query_terms` are highlighted."""
    rows: dict[str, Hit] = {}
    for post in public_posts(ids_in(keys, "post"), user):
        title = post.title or (post.parent.title if post.parent else "")
        rows[key("post", post.id)] = Hit(post, post.kind, title, post.url, post.body_html, query_terms)
    if ids := ids_in(keys, "user"):
        for person in db.session.scalars(select(User).where(User.id.in_(ids), is_listed())):
            rows[key("user", person.id)] = Hit(
                person, "user", person.display_name, person.profile_url, person.about_html, query_terms
            )
    if ids := ids_in(keys, "tag"):
        for tag in db.session.scalars(select(Tag).where(Tag.id.in_(ids), Tag.post_count > 0)):
            rows[key("tag", tag.id)] = Hit(tag, "tag", tag.name, tag.path, tag.excerpt, query_terms)
    for name, family in families.items():
        if ids := ids_in(keys, name):
            for row in db.session.scalars(family.statement.where(family.model.id.in_(ids))):
                rows[key(name, row.id)] = Hit(row, name, *family.show(row), query_terms)
    return [rows[name] for name in keys if name in rows]


def public_posts(ids: list[int], user: User | Visitor, *options: ORMOption) -> Iterable[Post]:
    """Public posts of these ids that `user` may see, in no order."""
    if not ids:
        return ()
    return db.session.scalars(
        visible(Post, user)
        .where(Post.id.in_(ids), Post.is_public)
        .options(joinedload(Post.parent).lazyload(Post.tags), *options)
    )
