"""Which documents of one segment are asked for and may be shown."""

from heapq import nlargest

from whoosh.util.numeric import length_to_byte

from search.fields import TEXTS
from search.parser import Query
from search.storage import Segment

MAX_PHRASE_DOCS = 20_000
EVERY = ("tag", "state")  # of these a document must have all that are asked for, of others any


class Part:
    """One segment during one search: the postings of its words, read once, and what `matched`."""

    def __init__(self, segment: Segment, deleted: frozenset[int], query: Query):
        self.segment, self.deleted, self.query = segment, deleted, query
        self.matched: set[int] = set()
        self.postings = {term: {name: segment.postings(name, term) for name in TEXTS}
                         for term in query.all_terms()}
        self.having = {term: set().union(*(docs for docs, _ in found.values()))
                       for term, found in self.postings.items()}

    def match(self, any_word: bool) -> set[int]:
        """Find the documents with all words, or `any_word`, within the filters; sets `matched`."""
        sets = [self.having[term] for term in self.query.terms]
        docs = (set().union(*sets) if any_word else set.intersection(*sets)) if sets else None
        for words in self.query.phrases:
            docs = self._with_phrase(words, docs)
        for name, values in self.query.only.items():
            chosen = self._with_values(name, values)
            docs = chosen if docs is None else docs & chosen
        docs = set(range(self.segment.size)) if docs is None else docs
        docs -= self.deleted
        for name, values in self.query.without.items():
            docs.difference_update(*(self.segment.docs(name, value) for value in values))
        for words in self.query.excluded:
            docs -= self._with_phrase(words, docs)
        self.matched = self._within_dates(docs)
        return self.matched

    def titled(self) -> set[int]:
        """Matches whose whole title was typed."""
        docs = set(self.matched)
        for term in self.query.all_terms():
            docs.intersection_update(self.postings[term]["title"][0])
        length = length_to_byte(self.query.words)
        return {doc for doc in docs if self.segment.lengths["title"][doc] == length}

    def _with_values(self, name: str, values: list[str]) -> set[int]:
        sets = [self.segment.docs(name, value) for value in values]
        return set.intersection(*sets) if name in EVERY else set().union(*sets)

    def _within_dates(self, docs: set[int]) -> set[int]:
        query, created = self.query, self.segment.created
        if query.after is None and query.before is None:
            return docs
        first = query.after.timestamp() if query.after else 0
        last = query.before.timestamp() if query.before else 2**32
        return {doc for doc in docs if first <= created[doc] < last}

    def _with_phrase(self, words: list[str], among: set[int] | None) -> set[int]:
        """Those of the documents `among` (None: all) that have the words side by side in one text."""
        return set().union(*(self._with_phrase_in(name, words, among) for name in TEXTS))

    def _with_phrase_in(self, name: str, words: list[str], among: set[int] | None) -> set[int]:
        docs = set.intersection(*(self.segment.docs(name, word) for word in words))
        if among is not None:
            docs &= among
        if len(words) == 1 or not docs:
            return docs
        docs = set(nlargest(MAX_PHRASE_DOCS, docs))
        places = [self.segment.places(name, word, docs) for word in words]
        return {doc for doc in docs if set(places[0][doc]).intersection(
            *([place - step for place in each[doc]] for step, each in enumerate(places[1:], 1)))}
