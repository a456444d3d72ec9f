"""Posts that are about the same: questions like the one being asked, related questions and articles."""

from collections.abc import Callable

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import lazyload

from auth.models import User, Visitor
from core.database.db import db
from posts.models import Post
from search import fusion, word_vectors
from search.analysis import terms
from search.documents import ids_in, key
from search.engines.base import Index, Unavailable
from search.parser import Query
from search.queries import public_posts
from search.weights import ANSWER_SHARE

MAX_TERMS = 24  # of the title, then of the text
MAX_BODY_LENGTH = 600  # characters of the text that are compared
MAX_POSTINGS = 500_000  # documents of the terms in all; the most frequent terms are left out beyond
MAX_FOUND = 400  # posts found by words, answers among them
ANSWERED_KINDS = {"question": "answer"}  # kind: the kind of its children, which count for it


def similar(
    title: str, body: str, *, user: User | Visitor, kind: str = "question", limit: int = 5
) -> list[Post]:
    """Visible posts of a kind that are about the same as a title and body, best first.

    Ranked by BM25F over all terms, by the best of their answers, and by word vectors.
    """
    return _visible(lambda: _ids(title, body[:MAX_BODY_LENGTH], kind, None)[:limit], user)


def related(
    post_id: int, title: str, *, user: User | Visitor, kind: str = "question", limit: int = 5
) -> list[Post]:
    """Visible posts of a kind that are about the same as the title of a post, best first.

    Which they are is remembered for some minutes, although the index changes: the page of a post is rendered
    more often than that makes a difference.
    """
    remembered = current_app.extensions["recent_searches"]
    name = ("related", post_id, title, kind, limit)
    return _visible(
        lambda: remembered.get_for_minutes(name, lambda: _ids(title, "", kind, post_id)[:limit]), user
    )


def _ids(title: str, body: str, kind: str, exclude_id: int | None) -> list[int]:
    """Ids of similar posts, by the newest index. Raises Unavailable."""
    with current_app.extensions["search"].view() as index:
        return current_app.extensions["recent_searches"].get(
            index.generation,
            ("similar", title, body, kind, exclude_id),
            lambda: _similar_ids(index, title, body, kind, exclude_id),
        )


def _visible(find: Callable[[], list[int]], user: User | Visitor) -> list[Post]:
    """The posts of the ids that `find` returns, those that `user` may see; none without an index."""
    try:
        ids = find()
    except Unavailable:
        return []
    rows = {post.id: post for post in public_posts(ids, user, lazyload(Post.tags))}
    return [rows[number] for number in ids if number in rows]


def _similar_ids(index: Index, title: str, body: str, kind: str, exclude_id: int | None) -> list[int]:
    """Ids of the posts of a kind, best first.

    The excluded post would have the best score, of which the fusion takes shares: it is left out before.
    """
    words = list(dict.fromkeys([*terms(title), *terms(body)]))[:MAX_TERMS]
    kinds = [kind, ANSWERED_KINDS[kind]] if kind in ANSWERED_KINDS else [kind]
    query = Query(terms=index.rarest_terms(words, MAX_POSTINGS), only={"kind": kinds})
    if not query.terms:
        return []
    found = index.search(query, limit=MAX_FOUND, any_word=True, with_vectors=MAX_FOUND)
    scores = dict(found.hits)
    vectors = dict(zip(scores, found.vectors, strict=True))
    hits = _with_answers(scores) if len(kinds) > 1 else found.hits
    hits = [hit for hit in hits if hit[0] != key("post", exclude_id or 0)][: fusion.RERANKED]
    vector = word_vectors.text_vector(title, body)
    if vector is not None:
        hits = fusion.fuse(hits, [vectors.get(name, b"") for name, _ in hits], vector)
    return ids_in((name for name, _ in hits), "post")


def _with_answers(scores: dict[str, float]) -> list[tuple[str, float]]:
    """(key, score) of questions, best first: their own score and a share of that of their best answer."""
    parents = db.session.execute(
        select(Post.id, Post.parent_id).where(
            Post.id.in_(ids_in(scores, "post")), Post.parent_id.is_not(None), Post.is_public
        )
    )
    best: dict[str, float] = {}
    answers: set[str] = set()
    for answer_id, parent_id in parents.tuples():
        if parent_id is None:
            continue
        answers.add(answer := key("post", answer_id))
        question = key("post", parent_id)
        best[question] = max(best.get(question, 0.0), scores[answer])
    totals = {name: score for name, score in scores.items() if name not in answers}
    for question, score in best.items():
        totals[question] = totals.get(question, 0.0) + ANSWER_SHARE * score
    return sorted(totals.items(), key=lambda pair: -pair[1])
