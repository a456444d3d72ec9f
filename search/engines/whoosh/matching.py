"""Which documents of one segment are asked for and may be shown; sets of documents are masks over them."""

import numpy as np
from whoosh.util.numeric import length_to_byte

from search.engines.whoosh.storage import WIDTH, Segment
from search.fields import TEXTS
from search.parser import Query

MAX_PHRASE_DOCS = 20_000
EVERY = ("tag", "state", "title")  # of these a document must have all that are asked for, of others any


class Part:
    """One segment during one search: the postings of its words, read once, and what `matched`."""

    def __init__(self, segment: Segment, alive: np.ndarray, query: Query):
        self.segment, self.alive, self.query = segment, alive, query
        self.matched = np.zeros(segment.size, bool)
        self.postings = {
            term: {name: segment.postings(name, term) for name in TEXTS} for term in query.all_terms()
        }
        self.having = {
            term: segment.mask(np.concatenate([docs for docs, _ in found.values()]))
            for term, found in self.postings.items()
        }

    def match(self, any_word: bool) -> np.ndarray:
        """Find the documents with all words, or `any_word`, within the filters; sets `matched`."""
        docs = self.alive.copy()
        if words := [self._with_word(term) for term in self.query.terms]:
            docs &= _any(words) if any_word else _all(words)
        for phrase in self.query.phrases:
            docs &= self._with_phrase(phrase, docs)
        for name, values in self.query.only.items():
            masks = [self._with_value(name, value) for value in values]
            docs &= _all(masks) if name in EVERY else _any(masks)
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

    def titled(self) -> np.ndarray:
        """Matches whose whole title was typed."""
        docs = self.matched & (self.segment.lengths["title"] == length_to_byte(self.query.kept))
        for term in self.query.typed_terms():
            docs &= self.segment.mask(self.postings[term]["title"][0])
        return docs

    def _with_word(self, term: str) -> np.ndarray:
        """Documents with a word, or with one of those that may stand in its place."""
        return _any([self.having[each] for each in (term, *self.query.alternatives.get(term, ()))])

    def _with_value(self, name: str, value: str) -> np.ndarray:
        return self.segment.mask(self.segment.docs(name, value))

    def _with_phrase(self, words: list[str], among: np.ndarray) -> np.ndarray:
        """Those of the documents `among` that have the words side by side in one text."""
        return _any([self._with_phrase_in(name, words, among) for name in TEXTS])

    def _with_phrase_in(self, name: str, words: list[str], among: np.ndarray) -> np.ndarray:
        docs = among & _all([self._with_value(name, word) for word in words])
        if len(words) == 1 or not docs.any():
            return docs
        docs[np.flatnonzero(docs)[:-MAX_PHRASE_DOCS]] = False
        first = self.segment.places(name, words[0], docs)
        for step, word in enumerate(words[1:], 1):
            first = np.intersect1d(first, self.segment.places(name, word, docs) - step, assume_unique=True)
        return self.segment.mask(first // WIDTH)


def _any(masks: list[np.ndarray]) -> np.ndarray:
    return np.logical_or.reduce(masks)


def _all(masks: list[np.ndarray]) -> np.ndarray:
    return np.logical_and.reduce(masks)
