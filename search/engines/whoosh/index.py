"""Queries on one snapshot of the index in files; see search.engines.base.Index."""

from heapq import nlargest
from itertools import islice, product

import numpy as np

from search.analysis import terms
from search.corrections import (
    MAX_COMPLETION_CANDIDATES,
    MAX_COMPLETIONS,
    MAX_ENDING_LENGTH,
    MIN_CORRECTED_LENGTH,
    stems_one_edit_away,
)
from search.engines.base import Results
from search.engines.whoosh import ranking
from search.engines.whoosh.storage import NO_DOCUMENTS, Segment, Snapshot
from search.fields import TEXTS
from search.parser import Query


class Index:
    """A snapshot without hidden documents."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.generation = (snapshot.folder.name, snapshot.generation)
        self.size = snapshot.size

    def search(
        self,
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
        """See search.engines.base.Index.search()."""
        return ranking.search(
            self.snapshot,
            query,
            limit=limit,
            offset=offset,
            any_word=any_word,
            min_results=min_results,
            facets=facets,
            sort=sort,
            with_vectors=with_vectors,
        )

    def has(self, key: str) -> bool:
        """Whether the index has the document."""
        return any(live[segment.docs("key", key)].any() for segment, live in self.snapshot.parts)

    def keys(self) -> set[str]:
        """Keys of all documents."""
        return self.snapshot.keys()

    def rarest_terms(self, words: list[str], max_postings: int) -> list[str]:
        """The rarest of the terms, with at most about `max_postings` postings in all."""
        return ranking.rarest_terms(self.snapshot, words, max_postings)

    def has_term(self, term: str) -> bool:
        """Whether a visible document has the term: words of hidden documents must not be offered."""
        return any(
            live[segment.docs(name, term)].any()
            for (segment, live), name in product(self.snapshot.parts, TEXTS)
        )

    def document_counts(self, words: list[str]) -> dict[str, int]:
        """About how many documents have each of the terms, hidden ones included."""
        return {
            word: max(
                sum(segment.frequency(name, word) for segment, _ in self.snapshot.parts) for name in TEXTS
            )
            for word in words
        }

    def guess_spelling(self, word: str) -> str:
        """The most frequent word at edit distance 1, by frequency in the two largest segments; or empty."""
        stems = stems_one_edit_away(word)
        largest = nlargest(2, (segment for segment, _ in self.snapshot.parts), key=lambda each: each.size)
        common = {
            term: sum(segment.frequency(name, term) for segment in largest for name in ("body", "title"))
            for term in stems
        }
        for term in nlargest(3, common, key=common.__getitem__):
            if common[term] and self.has_term(term):
                return stems[term]
        return ""

    def complete_title(self, text: str, limit: int) -> list[str]:
        """Keys of documents whose titles have these words, the last may be a prefix; most votes first."""
        *whole, partial = text.casefold().split() or [""]
        before = terms(" ".join(whole))
        found: list[tuple[int, str]] = []
        for segment, live in self.snapshot.parts:
            completions = [segment.docs("title", term) for term in _title_terms(segment, partial)]
            chosen = live & segment.mask(np.concatenate([NO_DOCUMENTS, *completions]))
            for term in before:
                chosen &= segment.mask(segment.docs("title", term))
            docs = np.flatnonzero(chosen)
            best = docs[np.argsort(-segment.votes[docs], kind="stable")[:limit]]
            found += [(int(segment.votes[doc]), segment.key(doc)) for doc in best.tolist()]
        return [key for _votes, key in nlargest(limit, found)]

    def identifiers_with_prefix(self, prefix: str, limit: int) -> list[str]:
        """Identifiers of visible documents with this prefix, in alphabetical order."""
        found: set[str] = set()
        for (segment, _), name in product(self.snapshot.parts, ("title", "body")):
            found.update(segment.terms_with_prefix(name, prefix, MAX_COMPLETIONS))
        known = (word for word in sorted(found) if self.has_term(word))
        return list(islice(known, limit))


def _title_terms(segment: Segment, partial: str) -> list[str]:
    """The most frequent title terms with this prefix, and the term of which it is an inflection."""
    parts = terms(partial)
    last = partial if len(parts) < 2 else parts[-1]
    words = set(segment.terms_with_prefix("title", last, MAX_COMPLETION_CANDIDATES))
    shorter = (
        last[:length]
        for length in range(len(last) - 1, max(MIN_CORRECTED_LENGTH, len(last) - MAX_ENDING_LENGTH) - 1, -1)
    )
    words |= {*parts[-1:], *next(([word] for word in shorter if segment.frequency("title", word)), [])}
    return nlargest(MAX_COMPLETIONS, words, key=lambda word: segment.frequency("title", word))
