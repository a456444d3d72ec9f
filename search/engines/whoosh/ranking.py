"""Rank matching documents: BM25F over the text fields, then multiplied by signals such as votes.

Posting lists are read completely and every match is scored; numpy makes that cheap.
"""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from heapq import nlargest
from itertools import repeat
from time import time

import numpy as np
from whoosh.util.numeric import byte_to_length

from search import weights
from search.engines.base import Results
from search.engines.whoosh.matching import SegmentMatch
from search.engines.whoosh.storage import FACETS, Segment, Snapshot
from search.parser import Query
from search.weights import (
    ACCEPTED_WEIGHT,
    ARTICLE_WEIGHT,
    FIELD_WEIGHTS,
    FRESHNESS_HALF_LIFE_SECONDS,
    FRESHNESS_WEIGHT,
    K1,
    MAX_COUNTED_VOTES,
    MIN_COUNTED_VOTES,
    RERANK_SIZE,
    STRICT_MATCH_BONUS,
    TITLE_MATCH_BONUS,
    VOTE_WEIGHT,
)

Ranked = tuple[float, SegmentMatch, int]  # (value, segment, number of a document in the segment)


def search(
    snapshot: Snapshot,
    query: Query,
    *,
    limit: int = 10,
    offset: int = 0,
    any_word: bool = False,
    min_results: int = 0,
    facets: bool = False,
    sort: str = "relevance",
    with_vectors: int = 0,
) -> Results:
    """Find documents with all terms; with any term for `any_word` or when fewer than `min_results` have all.

    Raises Unavailable when the index is damaged.
    """
    if query.is_empty:
        return Results([], 0)
    parts = [SegmentMatch(segment, live, query) for segment, live in snapshot.parts]
    total = _total(part.match(any_word) for part in parts)
    strict_matches = [np.zeros_like(part.matched) for part in parts]
    loosened = not any_word and total < min_results and len(query.terms) > 1
    if loosened:
        strict_matches = [part.matched for part in parts]
        strict_total = total
        total = _total(part.match(True) for part in parts)
        loosened = total > strict_total
    if sort == "relevance" and query.has_words:
        best = _by_relevance(snapshot, parts, query, offset + limit, strict_matches)
    else:
        best = _by_column(parts, "votes" if sort == "votes" else "created", offset + limit)
    hits = [(part.segment.key(doc), value) for value, part, doc in best[offset:]]
    vectors = [part.segment.vector(doc) for _, part, doc in best[offset : offset + with_vectors]]
    return Results(hits, total, _count_facets(parts) if facets else {}, loosened, vectors=vectors)


def _total(masks: Iterable[np.ndarray]) -> int:
    return int(sum(map(np.count_nonzero, masks)))


def _count_facets(parts: list[SegmentMatch]) -> dict[str, Counter]:
    counts: dict[str, Counter] = {name: Counter() for name in FACETS}
    for part in parts:
        for name, value, count in part.segment.facets(part.matched):
            counts[name][value] += count
    return counts


def _largest(values: np.ndarray, limit: int) -> np.ndarray:
    """Indexes of the `limit` largest values, largest first, ties in order."""
    indexes = np.arange(len(values))
    if len(values) > limit:
        indexes = np.flatnonzero(values >= np.partition(values, -limit)[-limit])
    return indexes[np.argsort(-values[indexes], kind="stable")][:limit]


def _best(found: Iterable[Ranked], limit: int) -> list[Ranked]:
    """The best of all segments."""
    return nlargest(limit, found, key=lambda ranked: ranked[0])


def _by_column(parts: list[SegmentMatch], column: str, limit: int) -> list[Ranked]:
    """The `limit` matches with the largest value in a column."""
    found: list[Ranked] = []
    for part in parts:
        docs = np.flatnonzero(part.matched)
        values = getattr(part.segment, column)[docs].astype(np.int64)
        chosen = _largest(values, limit)
        found += zip(values[chosen].tolist(), repeat(part), docs[chosen].tolist())
    return _best(found, limit)


def _by_relevance(
    snapshot: Snapshot, parts: list[SegmentMatch], query: Query, limit: int, strict_matches: list[np.ndarray]
) -> list[Ranked]:
    """The `limit` best matches: ranked by BM25F, the best of them again with the signals.

    Documents whose title is exactly the query come first, then those in `strict_matches`.
    """
    term_weights = _term_weights(snapshot, parts, query)
    norms = {name: _norms(*FIELD_WEIGHTS[name], snapshot.average_length(name)) for name in FIELD_WEIGHTS}
    found: list[Ranked] = []
    for part, strict in zip(parts, strict_matches, strict=True):
        scores = _score(part, term_weights, norms)
        whole_title = part.with_whole_title()
        docs = np.flatnonzero(part.matched)
        docs = np.union1d(
            docs[_largest(scores[docs], max(RERANK_SIZE, limit))], np.flatnonzero(whole_title | strict)
        )
        values = scores[docs] * _signals(part.segment, docs)
        values += TITLE_MATCH_BONUS * whole_title[docs] + STRICT_MATCH_BONUS * strict[docs]
        chosen = _largest(values, limit)
        found += zip(values[chosen].tolist(), repeat(part), docs[chosen].tolist())
    return _best(found, limit)


def _term_weights(snapshot: Snapshot, parts: list[SegmentMatch], query: Query) -> dict[str, float]:
    """Inverse document frequency by term."""
    counts = {term: _total(part.docs_with[term] for part in parts) for term in query.all_terms()}
    return {
        term: float(np.log1p((snapshot.size - count + 0.5) / (count + 0.5))) for term, count in counts.items()
    }


def rarest_terms(snapshot: Snapshot, words: list[str], limit: int) -> list[str]:
    """See weights.rarest_terms(); counts are text fields with the term."""
    counts = {
        word: sum(segment.frequency(name, word) for segment, _ in snapshot.parts for name in FIELD_WEIGHTS)
        for word in words
    }
    return weights.rarest_terms(counts, limit)


@lru_cache(maxsize=64)
def _norms(boost: float, b: float, average: float) -> np.ndarray:
    """Weight of one occurrence in a text field, by the byte that encodes the length of the text."""
    lengths = np.array([byte_to_length(byte) for byte in range(256)])
    return boost / (1 - b + b * lengths / average)


def _score(part: SegmentMatch, term_weights: dict[str, float], norms: dict[str, np.ndarray]) -> np.ndarray:
    """BM25F scores of all documents of one segment."""
    scores = np.zeros(part.segment.size)
    for term, weight in term_weights.items():
        counts = np.zeros(part.segment.size)
        for name, norm in norms.items():
            docs, occurrences = part.postings[term][name]
            counts[docs] += occurrences * norm[part.segment.lengths[name][docs]]
        scores += weight * counts / (counts + K1)
    return scores


def _signals(segment: Segment, docs: np.ndarray) -> np.ndarray:
    """Factors: votes up to 15 %, acceptance 5 %, freshness 5 %, articles 5 %."""
    votes = np.clip(segment.votes[docs], MIN_COUNTED_VOTES, MAX_COUNTED_VOTES)
    age = np.maximum(0.0, time() - segment.created[docs])
    return (
        1
        + VOTE_WEIGHT * votes
        + ACCEPTED_WEIGHT * segment.is_accepted[docs]
        + FRESHNESS_WEIGHT * 0.5 ** (age / FRESHNESS_HALF_LIFE_SECONDS)
        + ARTICLE_WEIGHT * segment.is_article[docs]
    )
