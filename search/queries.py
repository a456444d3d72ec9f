"""The one function behind `/search`, the API and the measurement of relevance."""

import html
import re
from collections import Counter
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from auth.models import User
from core.db import db
from core.markup import to_text
from posts.models import Post, Tag
from posts.queries import visible
from search.analysis import terms, words
from search.engine import Engine, Results, Unavailable
from search.parser import Query, parse

PAGE = 10
FEW = 3


@dataclass(frozen=True)
class Hit:
    """One result: the thing, its kind and address, and a snippet as (text, marked) parts."""

    thing: object
    kind: str
    title: str
    url: str
    snippet: list[tuple[str, bool]]


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


def ranked(engine: Engine, query: Query, *, limit: int = PAGE, offset: int = 0,
           any_word: bool = False, facets: bool = False) -> tuple[Results, bool]:
    """Hits for a parsed query; with few or none for all words, those for any word follow."""
    results = engine.search(query, limit=limit, offset=offset, any_word=any_word, facets=facets)
    if any_word or results.total >= FEW or len(query.terms) < 2:
        return results, False
    loose = engine.search(query, limit=limit, offset=offset, any_word=True, facets=facets)
    return (loose, True) if loose.total > results.total else (results, False)


def search(text: str, *, user, page: int = 1, any_word: bool = False) -> Found:
    """Search as `user`; rows are read again through visibility, so a stale index leaks nothing."""
    query = parse(text)
    found = Found(query)
    if query.is_empty:
        return found
    engine = current_app.extensions["search"]
    try:
        results, found.loosened = ranked(engine, query, offset=(page - 1) * PAGE,
                                         any_word=any_word, facets=True)
        if results.total < FEW:
            found.correction = _corrected(engine, query)
    except Unavailable:
        found.available = False
        return found
    found.total, found.facets = results.total, results.facets
    found.hits = _load([key for key, _ in results.hits], user, set(query.terms).union(*query.phrases))
    return found


def _corrected(engine: Engine, query: Query) -> str | None:
    spelled = {term: match for match in re.findall(r"\w+", query.text) for term in terms(match)}
    better = engine.correct(query.terms)
    text = query.text
    for term, guess in better.items():
        text = re.sub(rf"\b{re.escape(spelled.get(term, term))}\b", lambda _m, g=guess: g, text)
    return text if better else None


def _load(keys: list[str], user, wanted: set[str]) -> list[Hit]:
    ids = {name: [int(key.split(":")[1]) for key in keys if key.startswith(f"{name}:")]
           for name in ("post", "user", "tag")}
    rows: dict[str, Hit] = {}
    if ids["post"]:
        statement = (visible(Post, user).where(Post.id.in_(ids["post"]), Post.is_public)
                     .options(joinedload(Post.parent)))
        for post in db.session.scalars(statement):
            title = post.title or (post.parent.title if post.parent else "")
            rows[f"post:{post.id}"] = Hit(post, post.kind, title, post.url,
                                          snippet(to_text(post.body_html), wanted))
    for person in db.session.scalars(select(User).where(User.id.in_(ids["user"]))) if ids["user"] else ():
        rows[f"user:{person.id}"] = Hit(person, "user", person.display_name, person.profile_url,
                                        snippet(to_text(person.about_html), wanted))
    for tag in db.session.scalars(select(Tag).where(Tag.id.in_(ids["tag"]))) if ids["tag"] else ():
        rows[f"tag:{tag.id}"] = Hit(tag, "tag", tag.name, f"/tags/{tag.name}",
                                    snippet(tag.excerpt, wanted))
    return [rows[key] for key in keys if key in rows]


def snippet(text: str, wanted: set[str], length: int = 240) -> list[tuple[str, bool]]:
    """About `length` characters around the densest matches, as (text, is a match) parts."""
    text = " ".join(text[:50_000].split())
    spots = [(start, end) for term, start, end in words(text) if term in wanted]
    first = 0
    if spots:
        best = max(spots, key=lambda spot: sum(spot[0] <= s < spot[0] + length for s, _ in spots))
        first = max(0, best[0] - 40)
        first = text.rfind(" ", 0, first) + 1 if first else 0
    last = min(len(text), first + length)
    parts: list[tuple[str, bool]] = [("… ", False)] if first else []
    position = first
    for start, end in spots:
        if start >= position and end <= last:
            parts += [(text[position:start], False), (text[start:end], True)]
            position = end
    parts.append((text[position:last] + (" …" if last < len(text) else ""), False))
    return [part for part in parts if part[0]]


def similar(title: str, body: str, *, user, kind: str = "question", but: int | None = None,
            limit: int = 5) -> list[Post]:
    """Visible posts of a kind whose words are like these."""
    query = parse(html.unescape(re.sub(r"[\":-]", " ", title)))
    query.terms = [*query.terms, *terms(body[:600])][:12]
    query.kinds, query.phrases = [kind], []
    if not query.terms:
        return []
    try:
        results = current_app.extensions["search"].search(query, limit=limit + 1, any_word=True)
    except Unavailable:
        return []
    ids = [int(key.split(":")[1]) for key, _ in results.hits]
    ids = [i for i in ids if i != but][:limit]
    rows = {p.id: p for p in db.session.scalars(visible(Post, user).where(Post.id.in_(ids), Post.is_public))}
    return [rows[i] for i in ids if i in rows]


def suggest(text: str, limit: int = 8) -> list[tuple[str, str]]:
    """(text, address) of tags and titles that begin as typed."""
    start = text.strip().lower()[:60]
    if len(start) < 2:
        return []
    tags = db.session.scalars(select(Tag).where(Tag.name >= start, Tag.name < start + "\U0010ffff",
                                                Tag.post_count > 0).limit(3))
    rows = [(tag.name, f"/tags/{tag.name}") for tag in tags]
    try:
        query = parse(start)
        query.kinds = ["question", "article"]
        results = current_app.extensions["search"].search(query, limit=limit)
    except Unavailable:
        return rows
    ids = [int(key.split(":")[1]) for key, _ in results.hits if key.startswith("post:")]
    posts = db.session.scalars(select(Post).where(Post.id.in_(ids), Post.is_public))
    return [*rows, *((post.title, post.url) for post in posts)][:limit]
