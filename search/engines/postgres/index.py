"""One state of the index in tables, as search asks it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from heapq import nlargest
from itertools import islice

from sqlalchemy import Connection, Row

from search import weights
from search.analysis import terms
from search.corrections import ENDING, MAX_DISTANCE, READ_WORDS, SHORTEST, USED_WORDS, distance, misspelt
from search.engines.base import Results
from search.engines.postgres import encoding
from search.engines.postgres.encoding import quoted
from search.engines.postgres.matching import Match
from search.engines.postgres.ranking import Rows
from search.engines.postgres.seeking import Search
from search.parser import Query

LOOKED_AT = 2_000  # titles among which the most voted are chosen
BEGUN = """
    SELECT term, documents FROM {terms} WHERE term >= :start AND term < :start || chr(1114111)
    ORDER BY term LIMIT :most"""
TITLES = """
    SELECT id FROM (SELECT id, votes FROM {documents} WHERE vector @@ :vector ::tsquery
                    AND id <> ALL(:hidden) LIMIT :looked) AS titled
    ORDER BY votes DESC, id LIMIT :most"""
SHOWN = "SELECT EXISTS (SELECT FROM {documents} WHERE vector @@ :vector ::tsquery AND id <> ALL(:hidden))"
ALIKE = """
    SELECT term, spelling, documents FROM {terms}
    WHERE spelling % :word AND left(spelling, 1) = left(:word, 1)
    ORDER BY similarity(spelling, :word) DESC, documents DESC LIMIT :most"""


class Index:
    """The rows of the index in use and what can be asked of them."""

    def __init__(self, look: Callable[[], Connection], state: Row, hidden: Iterable[str]):
        self.generation = (state.name, state.generation)
        self.size, self.hidden = state.size, sorted(map(encoding.document_id, hidden))
        self.rows = Rows(look, state.name)

    def search(
        self,
        query: Query,
        *,
        limit: int = 10,
        offset: int = 0,
        any_word: bool = False,
        few: int = 0,
        facets: bool = False,
        sort: str = "relevance",
    ) -> Results:
        """Documents with all words, or `any_word`; when fewer than `few` have all, those with any instead."""
        if query.is_empty:
            return Results([], 0)
        strict = Search(self.rows, self.size, query, self.hidden, any_word=any_word, sort=sort)
        found = strict.run(facets=facets, limit=limit, offset=offset)
        if any_word or found.total >= few or len(query.terms) < 2:
            return found
        hits = strict.run(facets=False, limit=few, offset=0).hits if found.total else []
        loose = Search(self.rows, self.size, query, self.hidden, any_word=True, sort=sort).run(
            facets=facets,
            limit=limit,
            offset=offset,
            foremost=tuple(encoding.document_id(key) for key, _ in hits),
        )
        return replace(loose, loosened=loose.total > found.total)

    def has(self, key: str) -> bool:
        """Whether a document is there."""
        number = encoding.document_id(key)
        return number not in self.hidden and bool(
            self.rows.run("SELECT EXISTS (SELECT FROM {documents} WHERE id = :id)", id=number).scalar()
        )

    def keys(self) -> set[str]:
        """The keys of all documents."""
        return set(map(encoding.document_key, self.rows.run("SELECT id FROM {documents}").scalars()))

    def rarest(self, words: list[str], most: int) -> list[str]:
        """Those of the words that say most, as many as `most` documents have; none that one document has."""
        return weights.rarest(self.rows.frequencies(words), most)

    def knows(self, term: str) -> bool:
        """Whether a document that is not hidden has the term: a word must not outlive what it stood in."""
        return self._shows(term, self.rows.frequencies([term]).get(term, 0))

    def guess(self, word: str) -> str:
        """The commonest word one letter away; else, by trigrams, the likest of the words of titles."""
        stems = misspelt(word)
        common = self.rows.frequencies(stems)
        for term in nlargest(3, common, key=common.__getitem__):
            if self._shows(term, common[term]):
                return stems[term]
        return self._alike(word)

    def completed(self, text: str, most: int) -> list[str]:
        """Keys of documents whose titles have these words, the last perhaps only begun; most votes first."""
        *whole, begun = text.casefold().split() or [""]
        groups = [[f"title={term}"] for term in terms(" ".join(whole))] + [self._expanded(begun)]
        if not all(groups):
            return []
        found = self.rows.run(
            TITLES, vector=Match(groups).vector_query(), hidden=self.hidden, looked=LOOKED_AT, most=most
        )
        return [encoding.document_key(number) for number in found.scalars()]

    def identifiers(self, start: str, most: int) -> list[str]:
        """Identifiers that begin so and stand in some document, in order."""
        found = self.rows.run(BEGUN, start=start, most=USED_WORDS)
        known = (term for term, count in found.all() if self._shows(term, count))
        return list(islice(known, most))

    def _shows(self, lexeme: str, count: int) -> bool:
        """Whether not all of `count` documents with a lexeme are hidden."""
        if not self.hidden or count > len(self.hidden):
            return count > 0
        return bool(count) and self.rows.run(SHOWN, vector=quoted(lexeme), hidden=self.hidden).scalar()

    def _alike(self, word: str) -> str:
        if not self.rows.run("SELECT to_regclass('{spellings}')").scalar():
            return ""
        found = self.rows.run(ALIKE, word=word, most=USED_WORDS).all()
        near = [
            (away, -count, spelling)
            for term, spelling, count in found
            if (away := distance(word, spelling)) <= MAX_DISTANCE and self._shows(term, count)
        ]
        return min(near)[2] if near else ""

    def _expanded(self, begun: str) -> list[str]:
        """The commonest title words that begin so, and those of which this is all but the ending."""
        parts = terms(begun)
        last = f"title={begun if len(parts) < 2 else parts[-1]}"
        counts = dict(self.rows.run(BEGUN, start=last, most=READ_WORDS).tuples().all())
        shortest = len("title=") + SHORTEST
        shorter = [last[:end] for end in range(len(last) - 1, max(shortest, len(last) - ENDING) - 1, -1)]
        ends = self.rows.frequencies([*shorter, *(f"title={part}" for part in parts[-1:])])
        counts |= {lexeme: ends[lexeme] for lexeme in ends if lexeme not in shorter}
        counts |= {lexeme: ends[lexeme] for lexeme in [next(filter(ends.get, shorter), "")] if lexeme}
        return nlargest(USED_WORDS, counts, key=counts.__getitem__)
