"""Which documents match, and which come first: BM25F over four texts, then gentle signals.

Posting lists are read whole, and scored rarest word first: after MAX_POSTINGS of them no further document
is taken into the ranking. Totals and facets count everything that matches.
"""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import nlargest
from itertools import compress
from math import log1p
from time import time

from whoosh.util.numeric import byte_to_length

from search.matching import Part
from search.parser import Query
from search.storage import Snapshot

K1 = 1.5
TEXTS = {"body": (1.0, 0.75), "title": (2.0, 0.75), "labels": (1.0, 0.0), "context": (0.4, 0.75)}  # boost, B
MAX_POSTINGS = 100_000
RERANKED = 600  # more than anybody can page to, so that pages neither repeat nor skip
HALF_LIFE = 2 * 365 * 86400.0
SORTS = ("relevance", "newest", "votes")
Place = tuple[Part, int]  # a segment and the number of a document in it


@dataclass(frozen=True)
class Results:
    """Keys with scores, best first; `facets` counts kinds, tags and layers over all `total` documents.

    `loosened`: too few have all the words, so these have any of them.
    """

    hits: list[tuple[str, float]]
    total: int
    facets: dict[str, Counter] = field(default_factory=dict)
    loosened: bool = False


def search(snapshot: Snapshot, query: Query, *, limit: int = 10, offset: int = 0, any_word: bool = False,
           few: int = 0, facets: bool = False, sort: str = "relevance") -> Results:
    """Documents with all words, or `any_word`; when fewer than `few` have all, those with any instead.

    Raises Unavailable when the index turns out to be damaged.
    """
    if query.is_empty:
        return Results([], 0)
    parts = [Part(segment, deleted, query) for segment, deleted in snapshot.parts]
    total = sum(len(part.match(any_word)) for part in parts)
    foremost: set[Place] = set()
    loosened = not any_word and total < few and len(query.terms) > 1
    if loosened:
        foremost = {(part, doc) for part in parts for doc in part.matched}
        total = sum(len(part.match(True)) for part in parts)
        loosened = total > len(foremost)
    if sort == "relevance" and query.has_words:
        best = _by_relevance(snapshot, parts, query, offset + limit, foremost)
    else:
        best = _by_column(parts, "votes" if sort == "votes" else "created", offset + limit)
    hits = [(part.segment.key(doc), score) for score, (part, doc) in best[offset:]]
    return Results(hits, total, _count_facets(parts) if facets else {}, loosened)


def _count_facets(parts: list[Part]) -> dict[str, Counter]:
    counts: dict[str, Counter] = {"kind": Counter(), "tag": Counter(), "layer": Counter()}
    for part in parts:
        for number, count in Counter(map(part.segment.facts.__getitem__, part.matched)).items():
            for name, value in part.segment.combinations[number]:
                counts[name][value] += count
    return counts


def _best(scored: Iterable[tuple[float, Place]], most: int) -> list[tuple[float, Place]]:
    """The `most` highest; among equals the first come first."""
    return nlargest(most, scored, key=lambda pair: pair[0])


def _by_column(parts: list[Part], column: str, most: int) -> list[tuple[float, Place]]:
    """The `most` matches with the largest value in a column."""
    found: list[tuple[float, Place]] = []
    for part in parts:
        values = getattr(part.segment, column)
        found += [(values[doc], (part, doc)) for doc in nlargest(most, part.matched, key=values.__getitem__)]
    return _best(found, most)


def _by_relevance(snapshot: Snapshot, parts: list[Part], query: Query, most: int,
                  foremost: set[Place]) -> list[tuple[float, Place]]:
    """The `most` best matches: by their words, then the best of them again with the gentle signals.

    What was typed as a whole title comes before everything else, then what is `foremost`.
    """
    worth = _worth(snapshot, parts, query)
    norms = {name: _norms(*TEXTS[name], snapshot.average_length(name)) for name in TEXTS}
    several = max(RERANKED, most)
    found: dict[Place, float] = {}
    titled: set[Place] = set()
    for part in parts:
        scores = _score(part, worth, norms)
        titled |= {(part, doc) for doc in part.titled()}
        found |= {(part, doc): scores[doc] for doc in nlargest(several, scores, key=scores.__getitem__)}
    found |= {place: found.get(place, 0.0) for place in titled | foremost}
    now = time()
    ranked = [(score * _gentle(place, now) + 1000.0 * (place in titled) + 500.0 * (place in foremost), place)
              for place, score in found.items()]
    return _best(ranked, most)


def _worth(snapshot: Snapshot, parts: list[Part], query: Query) -> list[tuple[str, float]]:
    """Terms and how much each says (its inverse document frequency), rarest first."""
    having = {term: sum(len(part.having[term]) for part in parts) for term in query.all_terms()}
    return [(term, log1p((snapshot.size - count + 0.5) / (count + 0.5)))
            for term, count in sorted(having.items(), key=lambda pair: pair[1])]


def rarest(snapshot: Snapshot, words: list[str], most: int) -> list[str]:
    """Those of the words that say most, as many as have `most` postings together; none that one text has."""
    counts = {word: sum(segment.frequency(name, word) for segment, _ in snapshot.parts for name in TEXTS)
              for word in words}
    chosen, total = [], 0
    for word in sorted((word for word in words if counts[word] > 1), key=counts.__getitem__):
        total += counts[word]
        if total > most and chosen:
            break
        chosen.append(word)
    return chosen


@lru_cache(maxsize=64)
def _norms(boost: float, b: float, average: float) -> list[float]:
    """What one occurrence counts in a text, by the byte in which its length is kept."""
    return [boost / (1 - b + b * byte_to_length(byte) / average) for byte in range(256)]


def _score(part: Part, worth: list[tuple[str, float]], norms: dict[str, list[float]]) -> dict[int, float]:
    """BM25F of the matching documents of one segment."""
    scores: dict[int, float] = {}
    taken = 0
    for term, weight in worth:
        pool = part.matched if taken < MAX_POSTINGS else scores
        for doc, count in _counts(part, term, norms, pool).items():
            scores[doc] = scores.get(doc, 0.0) + weight * count / (count + K1)
        taken += len(part.having[term])
    return scores


def _counts(part: Part, term: str, norms: dict[str, list[float]], pool: Container[int]) -> dict[int, float]:
    """How often each document of the pool has a term, over its texts by their boosts and lengths."""
    counts: dict[int, float] = {}
    for name, norm in norms.items():
        docs, times = part.postings[term][name]
        lengths = part.segment.lengths[name]
        for doc, count in compress(zip(docs, times, strict=True), map(pool.__contains__, docs)):
            counts[doc] = counts.get(doc, 0.0) + count * norm[lengths[doc]]
    return counts


def _gentle(place: Place, now: float) -> float:
    """Votes weigh up to 15 %, acceptance 5 %, freshness 5 %, an article's care 5 %."""
    part, doc = place
    segment = part.segment
    votes = max(-10, min(25, segment.votes[doc]))
    age = max(0.0, now - segment.created[doc])
    return (1 + 0.006 * votes + 0.05 * segment.is_accepted(doc) + 0.05 * 0.5 ** (age / HALF_LIFE)
            + 0.05 * (segment.kind(doc) == "article"))
