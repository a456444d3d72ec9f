"""One query put to the rows: to all that match when they are few, else to a choice of candidates.

What many documents have is not ranked whole. The candidates are those in which the words say most: a weight
above the middle is a lexeme of its own, so the GIN index gives the best few thousand. Totals and facets are
then reckoned from the documents of a sample, and said to be.
"""

from collections import Counter
from dataclasses import replace

from search.engines.base import Results
from search.engines.postgres import encoding
from search.engines.postgres.matching import match
from search.engines.postgres.ranking import Answer, Order, Rows, worth
from search.parser import Query
from search.weights import RERANKED

MANY = 2_000  # so many documents are counted and ranked whole
PHRASED = 500  # so many when a phrase is sought in each
TELLING = 4  # documents of a sample: fewer say nothing about the rest
COLUMNS = {"newest": "created", "votes": "votes"}
TITLED = 100  # so many documents with the same title are sure to be ranked
READ = 1_000  # so many documents of a sample are read
LEVELS = range(encoding.LEVELS - 1, encoding.LOWEST, -1)


class Search:
    """A query and what is known before it is put: its conditions, how many documents its lexemes have."""

    def __init__(self, rows: Rows, size: int, query: Query, hidden: list[int], *, any_word: bool, sort: str):
        self.rows, self.size, self.query, self.any_word = rows, size, query, any_word
        self.match = match(query, hidden, any_word=any_word)
        self.title = encoding.whole(query.typed_terms(), query.words)
        self.counts = rows.frequencies({*self.match.lexemes(), *query.all_terms(), self.title})
        self.column = COLUMNS.get(sort, "" if query.has_words else "created")

    def run(self, *, facets: bool, limit: int, offset: int, foremost: tuple[int, ...] = ()) -> Results:
        """A page of what matches, those that are `foremost` first."""
        many = PHRASED if self.match.pairs else MANY
        bound = self.match.bound(self.counts, self.size)
        sample = self._sample(bound, many) if bound > many else None
        order, page = self._order(foremost), {"limit": limit, "offset": offset}
        if not bound:
            found = Answer()
        elif sample is None:
            found = self.rows.best(self.match, order, facets=facets, **page)
        elif self.column and (limit + offset) * self.size > sample.total**2:
            found = self.rows.best(self.match, order, **page)  # soon sorted, and long in being met with
        elif self.column:
            found = self.rows.in_order(self.match, self.column, **page)
        else:
            found = self._of_candidates(order, sample.total, page)
        counted = sample or found
        hits = [(encoding.document_key(number), value) for number, value in found.hits]
        return Results(hits, counted.total, counted.facets if facets else {}, estimated=sample is not None)

    def _order(self, foremost: tuple[int, ...]) -> Order:
        terms = self.query.all_terms()
        worths = {term: worth(self.counts[term], self.size) for term in terms if term in self.counts}
        return Order(worths, self.title, foremost, self.column)

    def _of_candidates(self, order: Order, total: int, page: dict[str, int]) -> Answer:
        """The best of about MANY: of the rarest words whole, of the others where they say most."""
        is_any = self.any_word and self.query.terms
        asked = self.match.groups[0] if is_any else order.worths
        words = sorted(self.counts.keys() & set(asked), key=lambda term: (self.counts[term], term))
        chosen, wanted = [], self.match
        if is_any:
            wanted = replace(wanted, groups=wanted.groups[1:])  # what is chosen has one of the words
            room = MANY
            while words and self.counts[words[0]] <= room:
                room -= self.counts[words[0]]
                chosen.append(words.pop(0))
            shares = {term: room / len(words) for term in words}
        else:
            shares = {term: MANY * self.counts[term] / total for term in words}
        chosen += self._strong(shares)
        sure = [*order.foremost, *self._titled(order)]
        narrow = {"narrow": chosen, "most": 2 * MANY, "sure": sure}
        found = self.rows.best(wanted, order, **narrow, **page)
        if len(found.hits) < page["limit"]:  # then others too, whichever, after these
            sure = [
                number for number, _ in self.rows.best(wanted, order, **narrow, limit=RERANKED, offset=0).hits
            ]
            found = self.rows.best(self.match, order, most=MANY, sure=sure, **page)
        return found

    def _titled(self, order: Order) -> list[int]:
        """Those whose whole title was typed."""
        if self.title not in self.counts:
            return []
        found = self.rows.best(self.match, order, narrow=[self.title], limit=TITLED, offset=0)
        return [number for number, _ in found.hits]

    def _strong(self, shares: dict[str, float]) -> list[str]:
        """The highest levels of each term, as many as its share of documents has, one at least."""
        counts = self.rows.frequencies(encoding.strong(term, level) for term in shares for level in LEVELS)
        chosen = []
        for term, share in shares.items():
            taken = 0
            for level in LEVELS:
                lexeme = encoding.strong(term, level)
                if taken and taken + counts.get(lexeme, 0) > share:
                    break
                if lexeme in counts:
                    taken += counts[lexeme]
                    chosen.append(lexeme)
        return chosen

    def _sample(self, bound: int, many: int) -> Answer | None:
        """How many match and their facets, reckoned in two digits from the largest sample quickly read.

        None when they are hardly more than `many`, or too few of the sample to say.
        """
        rate = next((rate for rate in encoding.SAMPLES if bound <= rate * READ), encoding.SAMPLES[-1])
        found = self.rows.counted(self.match, [encoding.sample(rate)])
        if found.total < TELLING or found.total * rate <= many:
            return None

        def reckoned(count: int) -> int:
            return min(bound, int(float(f"{count * rate:.1e}")))

        facets = {
            name: Counter({value: reckoned(count) for value, count in counts.items()})
            for name, counts in found.facets.items()
        }
        return Answer(total=reckoned(found.total), facets=facets)
