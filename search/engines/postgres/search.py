"""Run one query: rank all matches when they are few, else a selection of candidates.

Terms of many documents are not ranked in full. The candidates are the documents in which the terms weigh
most: a weight above the middle is a lexeme of its own, so the GIN index returns the best few thousand.
Totals and facets are then estimated from a sample of documents and marked as estimated.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import product, starmap

from search.engines.base import Results
from search.engines.postgres import encoding
from search.engines.postgres.matching import build_match
from search.engines.postgres.ranking import IndexTables, Order, StatementResult
from search.parser import Query
from search.weights import RERANK_SIZE, weighted_groups

MAX_EXACT_DOCUMENTS = 2_000  # up to this many matches are counted and ranked in full
MAX_EXACT_PHRASE_DOCUMENTS = 500  # the same when each match is checked for a phrase
MIN_SAMPLE_MATCHES = 4  # fewer matches in a sample are not representative
SORT_COLUMNS = {"newest": "created", "votes": "votes"}
MAX_TITLE_MATCHES = 100  # documents with exactly this title that are always ranked
MAX_SAMPLE_DOCUMENTS = 1_000  # documents read from a sample
LEVELS = range(encoding.WEIGHT_LEVELS - 1, encoding.MIN_INDEXED_LEVEL, -1)


class Search:
    """One query with its conditions and the document counts of its lexemes.

    With `required`, documents must have so many of its words instead of all.
    """

    def __init__(
        self,
        tables: IndexTables,
        size: int,
        query: Query,
        hidden: list[int],
        *,
        any_word: bool,
        sort: str,
        required: int = 0,
    ) -> None:
        self.tables = tables
        self.size = size
        self.query = query
        self.any_word = any_word or required > 0
        self.required = required
        self.match = build_match(query, hidden, any_word=self.any_word)
        self.titles = encoding.title_lexemes(query.sequence)
        self.counts = tables.frequencies({*self.match.lexemes(), *query.all_terms(), *self.titles})
        self.column = SORT_COLUMNS.get(sort, "" if query.has_words else "created")

    def run(self, *, facets: bool, limit: int, offset: int, first_ids: tuple[int, ...] = ()) -> Results:
        """Return one page of the matches, documents of `first_ids` first."""
        max_exact = MAX_EXACT_PHRASE_DOCUMENTS if self.match.pairs else MAX_EXACT_DOCUMENTS
        bound = self.match.max_matches(self.counts, self.size)
        is_partial = self.required > 1 and bound > max_exact
        sample = self._estimate(bound, max_exact) if bound > max_exact and not is_partial else None
        order = self._order(first_ids)
        if not bound:
            found = StatementResult()
        elif is_partial:
            found = self._candidates(order, facets=facets, limit=limit, offset=offset)
        elif sample is None:
            found = self.tables.best(self.match, order, facets=facets, limit=limit, offset=offset)
        elif self.column and (limit + offset) * self.size > sample.total**2:
            # sorting all matches is faster than scanning the column
            found = self.tables.best(self.match, order, limit=limit, offset=offset)
        elif self.column:
            found = self.tables.best_by_column(self.match, order, limit=limit, offset=offset)
        else:
            found = self._best_candidates(order, sample.total, limit=limit, offset=offset)
        counted = sample or found
        hits = [(encoding.document_key(number), value) for number, value in found.hits]
        return Results(
            hits,
            counted.total,
            counted.facets if facets else {},
            estimated=sample is not None or is_partial,
        )

    def coverage(self) -> dict[int, int]:
        """Documents by the number of words that they have; among candidates when there are many."""
        bound = self.match.max_matches(self.counts, self.size)
        if not bound:
            return {}
        order = self._order(())
        if bound > MAX_EXACT_DOCUMENTS or self.match.pairs:
            return self._candidates(order, coverage=True, limit=1, offset=0).coverage
        return self.tables.best(self.match, order, coverage=True, limit=1, offset=0).coverage

    def _order(self, first_ids: tuple[int, ...]) -> Order:
        words = [(term, *self.query.alternatives.get(term, ())) for term in self.query.terms]
        return Order(
            weighted_groups(self.query, self.counts, self.size),
            tuple(title for title in self.titles if title in self.counts),
            first_ids,
            self.column,
            tuple(tuple(filter(self.counts.get, word)) for word in words) if self.required else (),
            self.required,
            self.query.one_per_thread,
        )

    def _candidates(self, order: Order, *, limit: int, offset: int, **parts: bool) -> StatementResult:
        """Rank about MAX_EXACT_DOCUMENTS documents in which words of the query weigh most."""
        match = replace(self.match, groups=self.match.groups[1:])  # every candidate has one of the words
        return self.tables.best(
            match,
            order,
            any_of=self._any_word_lexemes(),
            max_candidates=2 * MAX_EXACT_DOCUMENTS,
            included_ids=[*order.first_ids, *self._title_matches(order)],
            limit=limit,
            offset=offset,
            **parts,
        )

    def _best_candidates(self, order: Order, total: int, *, limit: int, offset: int) -> StatementResult:
        """Rank about MAX_EXACT_DOCUMENTS candidates: rare terms in full, others at their highest weights."""
        match = self.match
        is_any = self.any_word and bool(self.query.terms)
        if is_any:
            match = replace(match, groups=match.groups[1:])  # every candidate has one of the terms
            lexemes = self._any_word_lexemes()
        else:
            lexemes = self._strongest_levels(
                {
                    term: MAX_EXACT_DOCUMENTS * self.counts[term] / total
                    for term in self._by_count(order.terms())
                }
            )
        included_ids = [*order.first_ids, *self._title_matches(order)]
        best = partial(
            self.tables.best,
            match,
            order,
            any_of=lexemes,
            max_candidates=2 * MAX_EXACT_DOCUMENTS,
            included_ids=included_ids,
        )
        found = best(limit=limit, offset=offset)
        if len(found.hits) < limit:  # fill up with arbitrary matches after these
            included_ids = [number for number, _ in best(limit=RERANK_SIZE, offset=0).hits]
            found = self.tables.best(
                self.match,
                order,
                max_candidates=MAX_EXACT_DOCUMENTS,
                included_ids=included_ids,
                limit=limit,
                offset=offset,
            )
        return found

    def _by_count(self, terms: Iterable[str]) -> list[str]:
        """Those of the terms that documents have, rarest first."""
        return sorted(self.counts.keys() & set(terms), key=lambda term: (self.counts[term], term))

    def _any_word_lexemes(self) -> list[str]:
        """Rare terms as they are, and the highest levels of the others."""
        terms = self._by_count(self.match.groups[0])
        chosen: list[str] = []
        remaining = MAX_EXACT_DOCUMENTS
        while terms and self.counts[terms[0]] <= remaining:
            remaining -= self.counts[terms[0]]
            chosen.append(terms.pop(0))
        return chosen + self._strongest_levels({term: remaining / len(terms) for term in terms})

    def _title_matches(self, order: Order) -> list[int]:
        """Ids of documents whose title is exactly the query."""
        if not order.titles:
            return []
        found = self.tables.best(
            self.match, order, any_of=list(order.titles), limit=MAX_TITLE_MATCHES, offset=0
        )
        return [number for number, _ in found.hits]

    def _strongest_levels(self, shares: dict[str, float]) -> list[str]:
        """Lexemes of the highest levels of each term, up to its share of documents, one at least."""
        lexemes = starmap(encoding.level_lexeme, product(shares, LEVELS))
        counts = self.tables.frequencies(lexemes)
        chosen = []
        for term, share in shares.items():
            covered = 0
            for level in LEVELS:
                lexeme = encoding.level_lexeme(term, level)
                if covered and covered + counts.get(lexeme, 0) > share:
                    break
                if lexeme in counts:
                    covered += counts[lexeme]
                    chosen.append(lexeme)
        return chosen

    def _estimate(self, bound: int, max_exact: int) -> StatementResult | None:
        """Total and facets, estimated to two significant digits from the largest cheap sample.

        Returns None when there are hardly more matches than `max_exact`, or too few in the sample.
        """
        rate = next(
            (rate for rate in encoding.SAMPLE_RATES if bound <= rate * MAX_SAMPLE_DOCUMENTS),
            encoding.SAMPLE_RATES[-1],
        )
        found = self.tables.count_matches(self.match, self._order(()), [encoding.sample_lexeme(rate)])
        if found.total < MIN_SAMPLE_MATCHES or found.total * rate <= max_exact:
            return None

        def estimate(count: int) -> int:
            return min(bound, int(float(f"{count * rate:.1e}")))

        facets = {
            name: Counter({value: estimate(count) for value, count in counts.items()})
            for name, counts in found.facets.items()
        }
        return StatementResult(total=estimate(found.total), facets=facets)
