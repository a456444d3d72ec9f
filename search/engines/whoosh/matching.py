"""Match a query against one segment; sets of documents are boolean masks."""

import numpy as np

from search.analysis import title_keys
from search.engines.whoosh.storage import POSITION_RANGE, Segment
from search.fields import TEXTS
from search.parser import Query

MAX_PHRASE_DOCS = 20_000
CONJUNCTIVE_FIELDS = ("tag", "state", "title")  # all values must match; of other fields any


class SegmentMatch:
    """One segment in one search: the postings of the query terms, read once, and the mask `matched`.

    `coverage` counts the words of the query that a document has.
    """

    def __init__(self, segment: Segment, live: np.ndarray, query: Query) -> None:
        self.segment = segment
        self.live = live
        self.query = query
        self.matched = np.zeros(segment.size, bool)
        self.coverage = np.zeros(segment.size, np.uint8)
        self.postings = {
            term: {name: segment.postings(name, term) for name in TEXTS} for term in query.all_terms()
        }
        self.docs_with = {
            term: segment.mask(np.concatenate([docs for docs, _ in found.values()]))
            for term, found in self.postings.items()
        }

    def match(self) -> np.ndarray:
        """Mask of documents within the filters that have one of the words, if there are any."""
        docs = self.live.copy()
        for term in self.query.terms:
            self.coverage += self._with_term(term)
        if self.query.terms:
            docs &= self.coverage > 0
        for phrase in self.query.phrases:
            docs &= self._with_phrase(phrase, docs)
        for name, values in self.query.only.items():
            masks = [self._with_value(name, value) for value in values]
            docs &= _all(masks) if name in CONJUNCTIVE_FIELDS else _any(masks)
        for name, values in self.query.without.items():
            for value in values:
                docs &= ~self._with_value(name, value)
        for phrase in self.query.excluded:
            docs &= ~self._with_phrase(phrase, docs)
        if self.query.after:
            docs &= self.segment.created >= self.query.after.timestamp()
        if self.query.before:
            docs &= self.segment.created < self.query.before.timestamp()
        self.matched = docs
        return docs

    def with_whole_title(self) -> np.ndarray:
        """Mask of matches whose title is exactly the query."""
        names = title_keys(self.query.sequence)
        return self.matched & _any([self._with_value("whole", name) for name in names] or [~self.live])

    def _with_term(self, term: str) -> np.ndarray:
        """Mask of documents with a term or one of its alternatives."""
        return _any([self.docs_with[each] for each in (term, *self.query.alternatives.get(term, ()))])

    def _with_value(self, name: str, value: str) -> np.ndarray:
        return self.segment.mask(self.segment.docs(name, value))

    def _with_phrase(self, words: list[str], among: np.ndarray) -> np.ndarray:
        """Mask of the documents `among` in which the terms are adjacent in one text field."""
        return _any([self._with_phrase_in(name, words, among) for name in TEXTS])

    def _with_phrase_in(self, name: str, words: list[str], among: np.ndarray) -> np.ndarray:
        docs = among & _all([self._with_value(name, word) for word in words])
        if len(words) == 1 or not docs.any():
            return docs
        docs[np.flatnonzero(docs)[:-MAX_PHRASE_DOCS]] = False
        first = self.segment.positions(name, words[0], docs)
        for step, word in enumerate(words[1:], 1):
            first = np.intersect1d(first, self.segment.positions(name, word, docs) - step, assume_unique=True)
        return self.segment.mask(first // POSITION_RANGE)


def _any(masks: list[np.ndarray]) -> np.ndarray:
    return np.logical_or.reduce(masks)


def _all(masks: list[np.ndarray]) -> np.ndarray:
    return np.logical_and.reduce(masks)
