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
    required_words,
    weighted_groups,
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
    """See search.engines.base.Index.search(). Raises Unavailable when the index is damaged."""
    if query.is_empty:
        return Results([], 0)
    parts = [SegmentMatch(segment, live, query) for segment, live in snapshot.parts]
    _total(part.match() for part in parts)
    words = len(query.terms)
    loosened = False
    if words and not any_word:
        required = _required_words(parts, words, min_results)
        loosened = required < words
        for part in parts:
            part.matched &= part.coverage >= required
    if sort == "relevance" and query.has_words:
        values = _scores(snapshot, parts, query, loosened=loosened)
    else:
        column = "votes" if sort == "votes" else "created"
        values = [getattr(part.segment, column).astype(np.int64) for part in parts]
    shown = _best_of_threads(parts, values) if query.one_per_thread else [part.matched for part in parts]
    if sort == "relevance" and query.has_words:
        best = _by_relevance(parts, values, shown, offset + limit)
    else:
        best = _highest(parts, values, shown, offset + limit)
    hits = [(part.segment.key(doc), value) for value, part, doc in best[offset:]]
    vectors = [part.segment.vector(doc) for _, part, doc in best[offset : offset + with_vectors]]
    counted = _count_facets(parts, shown) if facets else {}
    return Results(hits, _total(shown), counted, loosened, vectors=vectors)


def _required_words(parts: list[SegmentMatch], words: int, min_results: int) -> int:
    """How many words a document must have: all, or fewer when fewer than `min_results` have all."""
    counts: Counter[int] = Counter()
    for part in parts:
        for covered, count in enumerate(np.bincount(part.coverage[part.matched])):
            counts[covered] += int(count)
    if not min_results or words == 1 or sum(counts.values()) == counts.get(words, 0):
        return words
    return required_words(counts, words, min_results)


def _best_of_threads(parts: list[SegmentMatch], values: list[np.ndarray]) -> list[np.ndarray]:
    """Masks of the matches with the highest value of their thread: one of each."""
    size = max((int(part.segment.threads.max(initial=0)) for part in parts), default=0) + 1
    best = np.full(size, -np.inf)
    first = np.zeros(size, np.int64)  # of equals in one segment
    taken = np.zeros(size, bool)
    found = []
    for part, value in zip(parts, values, strict=True):
        docs = np.flatnonzero(part.matched & (part.segment.threads > 0))
        threads = part.segment.threads[docs]
        np.maximum.at(best, threads, value[docs])
        found.append((docs, threads))
    shown = []
    for part, value, (candidates, their_threads) in zip(parts, values, found, strict=True):
        is_best = value[candidates] >= best[their_threads]
        docs = candidates[is_best]
        threads = their_threads[is_best]
        first[threads[::-1]] = docs[::-1]
        is_shown = (first[threads] == docs) & ~taken[threads]
        taken[threads] = True
        mask = part.matched & (part.segment.threads == 0)
        mask[docs[is_shown]] = True
        shown.append(mask)
    return shown


def _total(masks: Iterable[np.ndarray]) -> int:
    return int(sum(map(np.count_nonzero, masks)))


def _count_facets(parts: list[SegmentMatch], shown: list[np.ndarray]) -> dict[str, Counter]:
    """How many of `shown` have a value; of a kind, how many of all matches, as `kind:` shows them."""
    counts: dict[str, Counter] = {name: Counter() for name in FACETS}
    for part, mask in zip(parts, shown, strict=True):
        for name, value, count in part.segment.facets(part.matched):
            counts[name][value] += count
        others = part.matched & ~mask
        for name, value, count in part.segment.facets(others) if others.any() else ():
            if name != "kind":
                counts[name][value] -= count
    return {name: +found for name, found in counts.items()}


def _largest(values: np.ndarray, limit: int) -> np.ndarray:
    """Indexes of the `limit` largest values, largest first, ties in order."""
    indexes = np.arange(len(values))
    if len(values) > limit:
        indexes = np.flatnonzero(values >= np.partition(values, -limit)[-limit])
    return indexes[np.argsort(-values[indexes], kind="stable")][:limit]


def _best(found: Iterable[Ranked], limit: int) -> list[Ranked]:
    """The best of all segments."""
    return nlargest(limit, found, key=lambda ranked: ranked[0])


def _highest(
    parts: list[SegmentMatch], values: list[np.ndarray], shown: list[np.ndarray], limit: int
) -> list[Ranked]:
    """The `limit` of `shown` with the highest values."""
    found: list[Ranked] = []
    for part, value, mask in zip(parts, values, shown, strict=True):
        docs = np.flatnonzero(mask)
        chosen = docs[_largest(value[docs], limit)]
        found += zip(value[chosen].tolist(), repeat(part), chosen.tolist())
    return _best(found, limit)


def _scores(
    snapshot: Snapshot, parts: list[SegmentMatch], query: Query, *, loosened: bool
) -> list[np.ndarray]:
    """BM25F scores; documents whose title is exactly the query come first, then those with all words."""
    counts = {term: _total(part.docs_with[term] for part in parts) for term in query.all_terms()}
    groups = weighted_groups(query, counts, snapshot.size)
    norms = {name: _norms(*FIELD_WEIGHTS[name], snapshot.average_length(name)) for name in FIELD_WEIGHTS}
    found = []
    for part in parts:
        scores = _score(part, groups, norms)
        scores[part.with_whole_title()] += TITLE_MATCH_BONUS
        if loosened:
            scores[part.coverage >= len(query.terms)] += STRICT_MATCH_BONUS
        found.append(scores)
    return found


def _by_relevance(
    parts: list[SegmentMatch], scores: list[np.ndarray], shown: list[np.ndarray], limit: int
) -> list[Ranked]:
    """The `limit` best of `shown`: the best of them are ranked again with the signals."""
    found: list[Ranked] = []
    for part, score, mask in zip(parts, scores, shown, strict=True):
        docs = np.flatnonzero(mask)
        docs = docs[_largest(score[docs], max(RERANK_SIZE, limit))]
        bonus = np.floor(score[docs] / STRICT_MATCH_BONUS) * STRICT_MATCH_BONUS
        values = (score[docs] - bonus) * _signals(part.segment, docs) + bonus
        chosen = _largest(values, limit)
        found += zip(values[chosen].tolist(), repeat(part), docs[chosen].tolist())
    return _best(found, limit)


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


def _score(part: SegmentMatch, groups: list[dict[str, float]], norms: dict[str, np.ndarray]) -> np.ndarray:
    """BM25F scores of all documents of one segment: of each group the best term."""
    scores = np.zeros(part.segment.size)
    for group in groups:
        found = [part.postings[term] for term in group]
        docs = np.concatenate([each[name][0] for each in found for name in norms])
        best = np.zeros(part.segment.size)
        for term, weight in group.items():
            counts = best if len(group) == 1 else np.zeros(part.segment.size)
            for name, norm in norms.items():
                having, occurrences = part.postings[term][name]
                counts[having] += occurrences * norm[part.segment.lengths[name][having]]
            counts[docs] = weight * counts[docs] / (counts[docs] + K1) if len(docs) else 0
            np.maximum(best, counts, out=best)
        scores += best
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
