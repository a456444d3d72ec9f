"""One state of the index in files, as search asks it."""

from heapq import nlargest

import numpy as np

from search.analysis import terms
from search.corrections import ENDING, READ_WORDS, SHORTEST, USED_WORDS, misspelt
from search.engines.base import Results
from search.engines.whoosh import ranking
from search.engines.whoosh.storage import NONE, Segment, Snapshot
from search.fields import TEXTS
from search.parser import Query


class Index:
    """A snapshot and what can be asked of it."""

    def __init__(self, snapshot: Snapshot):
        self.snapshot = snapshot
        self.generation, self.size = (snapshot.folder.name, snapshot.generation), snapshot.size

    def search(self, query: Query, **options) -> Results:
        """The documents that match, best first."""
        return ranking.search(self.snapshot, query, **options)

    def has(self, key: str) -> bool:
        """Whether a document is there."""
        return any(alive[segment.docs("key", key)].any() for segment, alive in self.snapshot.parts)

    def keys(self) -> set[str]:
        """The keys of all documents."""
        return self.snapshot.keys()

    def rarest(self, words: list[str], most: int) -> list[str]:
        """Those of the words that say most, as many as have `most` postings together."""
        return ranking.rarest(self.snapshot, words, most)

    def knows(self, term: str) -> bool:
        """Whether a document that is not deleted has the term: a word must not outlive what it stood in."""
        return any(
            alive[segment.docs(name, term)].any() for segment, alive in self.snapshot.parts for name in TEXTS
        )

    def guess(self, word: str) -> str:
        """The commonest word one letter away; commonness is looked up in the two largest segments."""
        stems = misspelt(word)
        largest = nlargest(2, (segment for segment, _ in self.snapshot.parts), key=lambda each: each.size)
        common = {
            term: sum(segment.frequency(name, term) for segment in largest for name in ("body", "title"))
            for term in stems
        }
        for term in nlargest(3, common, key=common.__getitem__):
            if common[term] and self.knows(term):
                return stems[term]
        return ""

    def completed(self, text: str, most: int) -> list[str]:
        """Keys of documents whose titles have these words, the last perhaps only begun; most votes first."""
        *whole, begun = text.casefold().split() or [""]
        before = terms(" ".join(whole))
        found: list[tuple[int, str]] = []
        for segment, alive in self.snapshot.parts:
            begins = [segment.docs("title", term) for term in _expanded(segment, begun)]
            chosen = alive & segment.mask(np.concatenate([NONE, *begins]))
            for term in before:
                chosen &= segment.mask(segment.docs("title", term))
            docs = np.flatnonzero(chosen)
            best = docs[np.argsort(-segment.votes[docs], kind="stable")[:most]]
            found += [(segment.votes[doc], segment.key(doc)) for doc in best]
        return [key for _votes, key in nlargest(most, found)]

    def identifiers(self, start: str, most: int) -> list[str]:
        """Identifiers that begin so and stand in some document, in order."""
        found = {
            word
            for segment, _ in self.snapshot.parts
            for name in ("title", "body")
            for word in segment.words_from(name, start, USED_WORDS)
        }
        known = (word for word in sorted(found) if self.knows(word))
        return [word for _, word in zip(range(most), known, strict=False)]


def _expanded(segment: Segment, begun: str) -> list[str]:
    """The commonest title words that begin so, and those of which this is all but the ending."""
    parts = terms(begun)
    last = begun if len(parts) < 2 else parts[-1]
    words = set(segment.words_from("title", last, READ_WORDS))
    shorter = (last[:length] for length in range(len(last) - 1, max(SHORTEST, len(last) - ENDING) - 1, -1))
    words |= {*parts[-1:], *next(([word] for word in shorter if segment.frequency("title", word)), [])}
    return nlargest(USED_WORDS, words, key=lambda word: segment.frequency("title", word))
