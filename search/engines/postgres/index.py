"""Queries on one version of the index in PostgreSQL tables; see search.engines.base.Index."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from heapq import nlargest
from itertools import islice

from sqlalchemy import Connection, Row

from search import weights
from search.analysis import terms
from search.corrections import (
    MAX_COMPLETION_CANDIDATES,
    MAX_COMPLETIONS,
    MAX_EDIT_DISTANCE,
    MAX_ENDING_LENGTH,
    MIN_CORRECTED_LENGTH,
    edit_distance,
    stems_one_edit_away,
)
from search.engines.base import Results
from search.engines.postgres import encoding
from search.engines.postgres.encoding import quoted
from search.engines.postgres.matching import Match
from search.engines.postgres.ranking import IndexTables
from search.engines.postgres.search import Search
from search.parser import Query

MAX_TITLE_CANDIDATES = 2_000  # titles from which those with most votes are chosen
TERMS_WITH_PREFIX_SQL = """
    SELECT term, documents FROM {terms} WHERE term >= :start AND term < :start || chr(1114111)
    ORDER BY term LIMIT :limit"""
TITLES_SQL = """
    SELECT id FROM (SELECT id, votes FROM {documents} WHERE vector @@ :vector ::tsquery
                    AND id <> ALL(:hidden) LIMIT :max_candidates) AS titled
    ORDER BY votes DESC, id LIMIT :limit"""
VECTORS_SQL = "SELECT id, word_vector FROM {documents} WHERE id = ANY(:ids)"
IS_VISIBLE_SQL = (
    "SELECT EXISTS (SELECT FROM {documents} WHERE vector @@ :vector ::tsquery AND id <> ALL(:hidden))"
)
SIMILAR_SPELLINGS_SQL = """
    SELECT term, spelling, documents FROM {terms}
    WHERE spelling % :word AND left(spelling, 1) = left(:word, 1)
    ORDER BY similarity(spelling, :word) DESC, documents DESC LIMIT :limit"""


class Index:
    """The tables of the active index without hidden documents."""

    def __init__(self, connect: Callable[[], Connection], state: Row, hidden: Iterable[str]) -> None:
        self.generation = (state.name, state.generation)
        self.size: int = state.size
        self.hidden = sorted(map(encoding.document_id, hidden))
        self.tables = IndexTables(connect, state.name)

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
        found = self._search(
            query,
            limit=limit,
            offset=offset,
            any_word=any_word,
            min_results=min_results,
            facets=facets,
            sort=sort,
        )
        ids = [encoding.document_id(key) for key, _ in found.hits[:with_vectors]]
        return replace(found, vectors=self._vectors(ids)) if ids else found

    def _search(
        self,
        query: Query,
        *,
        limit: int,
        offset: int,
        any_word: bool,
        min_results: int,
        facets: bool,
        sort: str,
    ) -> Results:
        if query.is_empty:
            return Results([], 0)
        strict = Search(self.tables, self.size, query, self.hidden, any_word=any_word, sort=sort)
        found = strict.run(facets=facets, limit=limit, offset=offset)
        if any_word or found.total >= min_results or len(query.terms) < 2:
            return found
        words = len(query.terms)
        covered = Search(self.tables, self.size, query, self.hidden, any_word=True, sort=sort, required=1)
        required = weights.required_words(covered.coverage(), words, min_results)
        if required == words:
            return found
        hits = strict.run(facets=False, limit=min_results, offset=0).hits if found.total else []
        loose = Search(
            self.tables, self.size, query, self.hidden, any_word=True, sort=sort, required=required
        ).run(
            facets=facets,
            limit=limit,
            offset=offset,
            first_ids=tuple(encoding.document_id(key) for key, _ in hits),
        )
        return replace(loose, loosened=loose.total > found.total)

    def _vectors(self, ids: list[int]) -> list[bytes]:
        """The stored word vectors of documents, in order; empty for one that has none."""
        found = dict(self.tables.run(VECTORS_SQL, ids=ids).tuples().all())
        return [bytes(found.get(number, b"")) for number in ids]

    def has(self, key: str) -> bool:
        """Whether the index has the document."""
        number = encoding.document_id(key)
        return number not in self.hidden and bool(
            self.tables.run("SELECT EXISTS (SELECT FROM {documents} WHERE id = :id)", id=number).scalar()
        )

    def keys(self) -> set[str]:
        """The keys of all documents."""
        return set(map(encoding.document_key, self.tables.run("SELECT id FROM {documents}").scalars()))

    def rarest_terms(self, words: list[str], max_postings: int) -> list[str]:
        """The rarest of the terms, with at most about `max_postings` documents in all."""
        return weights.rarest_terms(self.tables.frequencies(words), max_postings)

    def has_term(self, term: str) -> bool:
        """Whether a visible document has the term: words of hidden documents must not be offered."""
        return self._is_visible(term, self.tables.frequencies([term]).get(term, 0))

    def document_counts(self, words: list[str]) -> dict[str, int]:
        """About how many documents have each of the terms, hidden ones included."""
        return self.tables.frequencies(words)

    def guess_spelling(self, word: str) -> str:
        """The most frequent word at edit distance 1, else the title word most similar by trigrams, or ""."""
        stems = stems_one_edit_away(word)
        common = self.tables.frequencies(stems)
        for term in nlargest(3, common, key=common.__getitem__):
            if self._is_visible(term, common[term]):
                return stems[term]
        return self._similar_spelling(word)

    def complete_title(self, text: str, limit: int) -> list[str]:
        """Keys of documents whose titles have these words, the last may be a prefix; most votes first."""
        *whole, partial = text.casefold().split() or [""]
        groups = [[f"title={term}"] for term in terms(" ".join(whole))] + [self._title_lexemes(partial)]
        if not all(groups):
            return []
        found = self.tables.run(
            TITLES_SQL,
            vector=Match(groups).vector_query(),
            hidden=self.hidden,
            max_candidates=MAX_TITLE_CANDIDATES,
            limit=limit,
        )
        return [encoding.document_key(number) for number in found.scalars()]

    def identifiers_with_prefix(self, prefix: str, limit: int) -> list[str]:
        """Identifiers of visible documents with this prefix, in alphabetical order."""
        found = self.tables.run(TERMS_WITH_PREFIX_SQL, start=prefix, limit=MAX_COMPLETIONS)
        known = (term for term, count in found.all() if self._is_visible(term, count))
        return list(islice(known, limit))

    def _is_visible(self, lexeme: str, count: int) -> bool:
        """Whether one of the `count` documents with a lexeme is visible."""
        if not self.hidden or count > len(self.hidden):
            return count > 0
        if not count:
            return False
        return bool(self.tables.run(IS_VISIBLE_SQL, vector=quoted(lexeme), hidden=self.hidden).scalar())

    def _similar_spelling(self, word: str) -> str:
        if not self.tables.run("SELECT to_regclass('{spellings}')").scalar():
            return ""
        found = self.tables.run(SIMILAR_SPELLINGS_SQL, word=word, limit=MAX_COMPLETIONS).all()
        near = [
            (edits, -count, spelling)
            for term, spelling, count in found
            if (edits := edit_distance(word, spelling)) <= MAX_EDIT_DISTANCE and self._is_visible(term, count)
        ]
        return min(near)[2] if near else ""

    def _title_lexemes(self, partial: str) -> list[str]:
        """Lexemes of frequent title terms with this prefix, and of the stem that it inflects."""
        parts = terms(partial)
        last = f"title={partial if len(parts) < 2 else parts[-1]}"
        counts = dict(
            self.tables.run(TERMS_WITH_PREFIX_SQL, start=last, limit=MAX_COMPLETION_CANDIDATES).tuples().all()
        )
        shortest = len("title=") + MIN_CORRECTED_LENGTH
        shorter = [
            last[:end] for end in range(len(last) - 1, max(shortest, len(last) - MAX_ENDING_LENGTH) - 1, -1)
        ]
        ends = self.tables.frequencies([*shorter, *(f"title={part}" for part in parts[-1:])])
        counts |= {lexeme: ends[lexeme] for lexeme in ends if lexeme not in shorter}
        counts |= {lexeme: ends[lexeme] for lexeme in [next(filter(ends.get, shorter), "")] if lexeme}
        return nlargest(MAX_COMPLETIONS, counts, key=counts.__getitem__)
