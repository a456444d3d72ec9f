"""Rank by words and by meaning: the score of an engine plus the similarity of word vectors, weighted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from search import word_vectors
from search.analysis import is_identifier
from search.engines.base import Index, Results
from search.parser import Query
from search.weights import MEANING_WEIGHT, STRICT_MATCH_BONUS

RERANKED = 200  # best documents of the engine that are ranked by meaning too


def search(index: Index, query: Query, *, limit: int, offset: int, sort: str, **options: Any) -> Results:
    """A page of `index.search()`, the best RERANKED of it by meaning too.

    The engine alone decides where meaning cannot help: phrases, identifiers, filters without words.
    """
    vector = _query_vector(query) if sort == "relevance" and offset < RERANKED else None
    if vector is None:
        return index.search(query, limit=limit, offset=offset, sort=sort, **options)
    found = index.search(
        query, limit=max(RERANKED, offset + limit), sort=sort, with_vectors=RERANKED, **options
    )
    hits = fuse(found.hits[:RERANKED], found.vectors, vector) + found.hits[RERANKED:]
    return replace(found, hits=hits[offset : offset + limit], vectors=[])


def fuse(
    hits: list[tuple[str, float]], stored: Sequence[bytes], vector: np.ndarray, weight: float = MEANING_WEIGHT
) -> list[tuple[str, float]]:
    """(key, score) pairs in the order of score and similarity to `vector`; `stored` are their vectors.

    The similarity counts in shares of the best score. Bonuses of the engine decide first. A document without
    a vector counts as one of mean similarity.
    """
    if not hits:
        return []
    scores = np.array([score for _, score in hits])
    bonuses = scores // STRICT_MATCH_BONUS * STRICT_MATCH_BONUS
    similar = word_vectors.similarities(vector, stored)
    known = similar[~np.isnan(similar)]
    similar = np.where(np.isnan(similar), known.mean() if len(known) else 0.0, similar)
    fused = scores + weight * (scores - bonuses).max() * similar
    order = np.lexsort((-fused, -bonuses))  # by bonus, then by the sum; equal ones stay in order
    return [(hits[place][0], float(fused[place])) for place in order.tolist()]


def _query_vector(query: Query) -> np.ndarray | None:
    """The direction of the words of a query; None when they say exactly what is wanted."""
    words = [word for word in query.terms if not is_identifier(word)]
    if not words or query.phrases:
        return None
    return word_vectors.text_vector(" ".join(word for word in query.unfiltered.split() if word[0] != "-"))
