"""Which documents match, and which come first: BM25F over four texts, then gentle signals.

Posting lists are read whole, and every match is scored; numpy makes that cheap.
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
from search.engines.whoosh.matching import Part
from search.engines.whoosh.storage import FACETS, Segment, Snapshot
from search.parser import Query
from search.weights import (
    ACCEPTED,
    CARE,
    FEWEST_VOTES,
    FOREMOST,
    FRESH,
    HALF_LIFE,
    K1,
    MOST_VOTES,
    RERANKED,
    TEXTS,
    TITLED,
    VOTE,
)

Ranked = tuple[float, Part, int]  # value, a segment and the number of a document in it


def search(
    snapshot: Snapshot,
    query: Query,
    *,
    limit: int = 10,
    offset: int = 0,
    any_word: bool = False,
    few: int = 0,
    facets: bool = False,
    sort: str = "relevance",
) -> Results:
    """Documents with all words, or `any_word`; when fewer than `few` have all, those with any instead.

    Raises Unavailable when the index turns out to be damaged.
    """
    if query.is_empty:
        return Results([], 0)
    parts = [Part(segment, alive, query) for segment, alive in snapshot.parts]
    total = _total(part.match(any_word) for part in parts)
    foremost = [np.zeros_like(part.matched) for part in parts]
    loosened = not any_word and total < few and len(query.terms) > 1
    if loosened:
        foremost = [part.matched for part in parts]
        strict, total = total, _total(part.match(True) for part in parts)
        loosened = total > strict
    if sort == "relevance" and query.has_words:
        best = _by_relevance(snapshot, parts, query, offset + limit, foremost)
    else:
        best = _by_column(parts, "votes" if sort == "votes" else "created", offset + limit)
    hits = [(part.segment.key(doc), value) for value, part, doc in best[offset:]]
    return Results(hits, total, _count_facets(parts) if facets else {}, loosened)


def _total(masks: Iterable[np.ndarray]) -> int:
    return int(sum(map(np.count_nonzero, masks)))


def _count_facets(parts: list[Part]) -> dict[str, Counter]:
    counts: dict[str, Counter] = {name: Counter() for name in FACETS}
    for part in parts:
        for name, value, count in part.segment.facets(part.matched):
            counts[name][value] += count
    return counts


def _largest(values: np.ndarray, most: int) -> np.ndarray:
    """Where the `most` largest are, largest first; among equals the first come first."""
    where = np.arange(len(values))
    if len(values) > most:
        where = np.flatnonzero(values >= np.partition(values, -most)[-most])
    return where[np.argsort(-values[where], kind="stable")][:most]


def _best(found: Iterable[Ranked], most: int) -> list[Ranked]:
    """The best over all segments."""
    return nlargest(most, found, key=lambda ranked: ranked[0])


def _by_column(parts: list[Part], column: str, most: int) -> list[Ranked]:
    """The `most` matches with the largest value in a column."""
    found: list[Ranked] = []
    for part in parts:
        docs = np.flatnonzero(part.matched)
        values = getattr(part.segment, column)[docs].astype(np.int64)
        chosen = _largest(values, most)
        found += zip(values[chosen].tolist(), repeat(part), docs[chosen].tolist())
    return _best(found, most)


def _by_relevance(
    snapshot: Snapshot, parts: list[Part], query: Query, most: int, foremost: list[np.ndarray]
) -> list[Ranked]:
    """The `most` best matches: by their words, then the best of them again with the gentle signals.

    What was typed as a whole title comes before everything else, then what is `foremost`.
    """
    worth = _worth(snapshot, parts, query)
    norms = {name: _norms(*TEXTS[name], snapshot.average_length(name)) for name in TEXTS}
    found: list[Ranked] = []
    for part, first in zip(parts, foremost, strict=True):
        scores, titled = _score(part, worth, norms), part.titled()
        docs = np.flatnonzero(part.matched)
        docs = np.union1d(docs[_largest(scores[docs], max(RERANKED, most))], np.flatnonzero(titled | first))
        values = scores[docs] * _gentle(part.segment, docs)
        values += TITLED * titled[docs] + FOREMOST * first[docs]
        chosen = _largest(values, most)
        found += zip(values[chosen].tolist(), repeat(part), docs[chosen].tolist())
    return _best(found, most)


def _worth(snapshot: Snapshot, parts: list[Part], query: Query) -> dict[str, float]:
    """How much each term says: its inverse document frequency."""
    having = {term: _total(part.having[term] for part in parts) for term in query.all_terms()}
    return {
        term: float(np.log1p((snapshot.size - count + 0.5) / (count + 0.5))) for term, count in having.items()
    }


def rarest(snapshot: Snapshot, words: list[str], most: int) -> list[str]:
    """See weights.rarest; counted are the texts that have a word."""
    counts = {
        word: sum(segment.frequency(name, word) for segment, _ in snapshot.parts for name in TEXTS)
        for word in words
    }
    return weights.rarest(counts, most)


@lru_cache(maxsize=64)
def _norms(boost: float, b: float, average: float) -> np.ndarray:
    """What one occurrence counts in a text, by the byte in which its length is kept."""
    lengths = np.array([byte_to_length(byte) for byte in range(256)])
    return boost / (1 - b + b * lengths / average)


def _score(part: Part, worth: dict[str, float], norms: dict[str, np.ndarray]) -> np.ndarray:
    """BM25F of the documents of one segment: occurrences by the boosts and lengths of their texts."""
    scores = np.zeros(part.segment.size)
    for term, weight in worth.items():
        counts = np.zeros(part.segment.size)
        for name, norm in norms.items():
            docs, times = part.postings[term][name]
            counts[docs] += times * norm[part.segment.lengths[name][docs]]
        scores += weight * counts / (counts + K1)
    return scores


def _gentle(segment: Segment, docs: np.ndarray) -> np.ndarray:
    """Factors: votes weigh up to 15 %, acceptance 5 %, freshness 5 %, an article's care 5 %."""
    votes = np.clip(segment.votes[docs], FEWEST_VOTES, MOST_VOTES)
    age = np.maximum(0.0, time() - segment.created[docs])
    return (
        1
        + VOTE * votes
        + ACCEPTED * segment.is_accepted[docs]
        + FRESH * 0.5 ** (age / HALF_LIFE)
        + CARE * segment.is_article[docs]
    )
