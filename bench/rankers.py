"""What ranks the documents of a test collection: this site, SQLite's full-text search, plain BM25."""

import html
import re
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from heapq import nlargest
from math import log1p
from pathlib import Path
from typing import cast
from unittest.mock import patch

from flask import Flask, current_app
from sqlalchemy import insert, select

from app import create_app
from auth.models import Visitor
from bench.relevance_collections import Asked, Collection
from core.cli import progress
from core.database import schema
from core.database.db import db, utcnow
from forum.models import Question
from kb.markdown.import_articles import external_id
from posts.models import Post
from search import handlers, queries, word_vectors
from search.analysis import terms
from search.result_cache import ResultCache
from search.similar_queries import related

DEPTH = 1000
MAX_SIMILAR = 100
K1 = 1.2
B = 0.75
Ranking = list[str]  # ids of documents, best first
Finder = Callable[[Asked], Ranking]


@contextmanager
def site() -> Iterator[Flask]:
    """A throw-away site with an empty database, within its app context."""
    with tempfile.TemporaryDirectory() as instance:
        app = create_app(REDOUBT_INSTANCE=instance, REDOUBT_WORKER="off")
        with app.app_context():
            schema.ensure()
            yield app
            db.session.remove()
            db.engine.dispose()


def without_word_vectors(find: Finder) -> Finder:
    """The same ranking as on a site without the package of the vectors."""

    def without(query: Asked) -> Ranking:
        current_app.extensions["recent_searches"] = ResultCache()  # the same queries with vectors are in it
        with patch.object(word_vectors, "installed", lambda: None):
            return find(query)

    return without


def ours(collection: Collection) -> Finder:
    """Search as a visitor, in its any-word mode, over the documents as public questions; fills the site."""
    now = utcnow()
    ids = {number: text.id for number, text in enumerate(collection.texts, 1)}
    posts = [
        {
            "id": number,
            "kind": "question",
            "is_public": True,
            "created_at": now,
            "last_activity_at": now,
            "title": text.title[:200],
            "body_html": f"<p>{html.escape(text.body)}</p>",
        }
        for number, text in enumerate(collection.texts, 1)
    ]
    db.session.execute(insert(Post.__table__), posts)
    db.session.execute(insert(Question.__table__), [{"id": number} for number in ids])
    db.session.commit()
    handlers.rebuild()
    return lambda query: [ids[post.id] for post in _searched(query, any_word=True)]


def our_similar_questions(app: Flask, collection: Collection) -> Finder:
    """The similar questions of a title; imports the dump into the site."""
    _import(app, "stackexchange", collection.folder)

    def find(query: Asked) -> Ranking:
        own = db.session.scalars(
            select(Post).where(Post.kind == "question", Post.external_id == query.own)
        ).one()
        return [
            str(post.external_id) for post in related(own.id, own.title, user=Visitor(), limit=MAX_SIMILAR)
        ]

    return find


def our_guidance(app: Flask, collection: Collection) -> Finder:
    """Search as a visitor over the files, as articles; imports them into the site."""
    _import(app, "articles", collection.folder)
    paths = (path.relative_to(collection.folder) for path in collection.folder.rglob("*.md"))
    names = {external_id(path.as_posix()): path.name for path in paths}
    return lambda query: [names[str(post.external_id)] for post in _searched(query)]


def _import(app: Flask, what: str, folder: Path) -> None:
    done = app.test_cli_runner().invoke(args=["import", what, str(folder)])
    if done.exit_code:
        raise RuntimeError(f"import {what}: {done.output}")
    handlers.rebuild()


def _searched(query: Asked, *, any_word: bool = False) -> list[Post]:
    found = queries.search(query.text, user=Visitor(), any_word=any_word, size=DEPTH)
    return [cast(Post, hit.thing) for hit in found.hits if hit.is_post]


def fts5(collection: Collection) -> Finder:
    """SQLite's full-text search with its porter tokenizer, best by its bm25()."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE docs USING fts5(id UNINDEXED, title, body, tokenize='porter')")
    connection.executemany(
        "INSERT INTO docs VALUES (?, ?, ?)", [(text.id, text.title, text.body) for text in collection.texts]
    )

    def find(query: Asked) -> Ranking:
        words = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", query.text))
        if not words:
            return []
        sql = "SELECT id FROM docs WHERE docs MATCH ? ORDER BY bm25(docs) LIMIT ?"
        return [row[0] for row in connection.execute(sql, (words, DEPTH)) if row[0] != query.own]

    return find


def plain_bm25(collection: Collection) -> Finder:
    """BM25 over title and body as one text, of our terms."""
    counts = {text.id: Counter(terms(f"{text.title} {text.body}")) for text in collection.texts}
    size = len(counts)
    average = sum(map(Counter.total, counts.values())) / size
    weights: dict[str, dict[str, float]] = {}
    for name, found in counts.items():
        length = K1 * (1 - B + B * found.total() / average)
        for term, count in found.items():
            weights.setdefault(term, {})[name] = count / (count + length)

    def find(query: Asked) -> Ranking:
        scores: defaultdict[str, float] = defaultdict(float)
        for term in dict.fromkeys(terms(query.text)):
            having = weights.get(term, {})
            rarity = log1p((size - len(having) + 0.5) / (len(having) + 0.5))
            for name, weight in having.items():
                scores[name] += rarity * weight
        best = nlargest(DEPTH, scores, key=scores.__getitem__)
        return [name for name in best if name != query.own]

    return find


def rankings(collection: Collection, find: Finder, label: str) -> list[Ranking]:
    """The ranking of each query, with a progress bar."""
    found = []
    with progress(collection.asked, len(collection.asked), label) as asked:
        for query in asked:
            found.append(find(query))
            db.session.rollback()
    return found
