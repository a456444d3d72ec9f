"""Rank matching rows in the database: BM25F from the weights stored in the rows.

Terms of many documents are not ranked in full. The candidates are then the documents in which the terms weigh
most: each weight above the middle is a lexeme of its own, so the GIN index returns the best few thousand.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from time import time

from sqlalchemy import Connection, CursorResult, text

from search.engines.postgres import encoding, schema
from search.engines.postgres.matching import Match, has_sql, weight_sql
from search.weights import (
    ACCEPTED_WEIGHT,
    ARTICLE_WEIGHT,
    FRESHNESS_HALF_LIFE_SECONDS,
    FRESHNESS_WEIGHT,
    MAX_COUNTED_VOTES,
    MIN_COUNTED_VOTES,
    STRICT_MATCH_BONUS,
    TITLE_MATCH_BONUS,
    VOTE_WEIGHT,
)

# Literals with a decimal point are exact numerics in SQL, and slow: all factors are cast to float8.
SIGNALS_SQL = f"""(1 + float8 '{VOTE_WEIGHT}' * least(
        {MAX_COUNTED_VOTES}, greatest({MIN_COUNTED_VOTES}, votes))
    + float8 '{ACCEPTED_WEIGHT}' * is_accepted::int
    + float8 '{FRESHNESS_WEIGHT}' * power(
        float8 '0.5', greatest(0, :now - created) / float8 '{FRESHNESS_HALF_LIFE_SECONDS}')
    + float8 '{ARTICLE_WEIGHT}' * (kind = 'article')::int)"""
# Of a thread only the best document is shown. Its others count in the facet of kinds alone.
FOUND_SQL = """
WITH scored AS MATERIALIZED (
    SELECT *, {score} AS score FROM (
        SELECT *, {coverage} AS coverage FROM (
            SELECT id, thread, votes, created, is_accepted, kind, facts, {weights}
            FROM ({candidates}) AS candidate WHERE {phrases}) AS weighed) AS covered
    WHERE coverage >= :required),
found AS MATERIALIZED ({shown})
SELECT 'total' AS part, '' AS name, count(*)::float8 AS value FROM found
"""
SHOWN_SQL = {
    True: "SELECT DISTINCT ON (thread) * FROM scored ORDER BY thread, score DESC, id",
    False: "SELECT * FROM scored",
}
COVERAGE_SQL = """
UNION ALL SELECT 'coverage', coverage::text, count(*) FROM found GROUP BY coverage
"""
MATCHING_SQL = "SELECT * FROM {documents} WHERE {conditions}"
CANDIDATES_SQL = """
    (SELECT * FROM {documents} WHERE id = ANY(:included_ids)) UNION ALL
    (SELECT * FROM {documents} WHERE {conditions} AND id <> ALL(:included_ids) LIMIT :max_candidates)"""
HITS_SQL = """
UNION ALL SELECT 'hit', id::text, score FROM (
    SELECT id, score FROM found ORDER BY score DESC, id LIMIT :limit OFFSET :offset) AS best
"""
# Candidates are not counted, so phrases are checked one after another, best first. SQL guarantees no order
# here; PostgreSQL preserves that of a subquery with OFFSET, which it cannot flatten.
PHRASE_CHECKED_HITS_SQL = """
UNION ALL (SELECT 'hit', id::text, score FROM (
    SELECT id, score FROM found ORDER BY score DESC, id OFFSET 0) AS best
WHERE (SELECT {checked} FROM {documents} AS whole WHERE whole.id = best.id) LIMIT :limit OFFSET :offset)
"""
FACETS_SQL = """
UNION ALL SELECT 'fact', fact, count(*) FROM found, unnest(facts) AS fact
    WHERE fact NOT LIKE 'kind=%' GROUP BY fact
UNION ALL SELECT 'fact', 'kind=' || kind, count(*) FROM scored GROUP BY kind
"""
SPARE_ROWS = 4  # rows that are read for each thread that is shown
COLUMN_ORDER_SQL = {
    "created": """
        SELECT id, created::float8, thread FROM {documents} WHERE {conditions} AND {phrases}
        ORDER BY created DESC, id LIMIT :limit""",
    "votes": """
        SELECT id, v.votes::float8, thread FROM {votes} AS v JOIN {documents} USING (id)
        WHERE {conditions} AND {phrases}
        ORDER BY v.votes DESC, id LIMIT :limit""",
}


@dataclass
class StatementResult:
    """Result of one statement: (document id, value) pairs, highest first, the total and the facets.

    `coverage` counts documents by how many words of the query they have.
    """

    hits: list[tuple[int, float]] = field(default_factory=list)
    total: int = 0
    facets: dict[str, Counter] = field(default_factory=lambda: {name: Counter() for name in encoding.FACETS})
    coverage: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """Sort order: by the weights of each group of terms (weights.weighted_groups), or by a column.

    Documents with one of the lexemes `titles` (exact title) come first, then those of `first_ids`. `words`
    are the terms of each word of the query, of which a document must have `required`.
    """

    groups: list[dict[str, float]] = field(default_factory=list)
    titles: tuple[str, ...] = ()
    first_ids: tuple[int, ...] = ()
    column: str = ""
    words: tuple[tuple[str, ...], ...] = ()
    required: int = 0
    one_per_thread: bool = False

    def terms(self) -> list[str]:
        """The terms whose weights the order needs."""
        scored = [term for group in self.groups for term in group]
        return list(dict.fromkeys([*scored, *(term for word in self.words for term in word)]))

    def weights(self) -> str:
        """SQL columns with the weights that the order needs."""
        words = [f"{weight_sql(term)} AS w{number}" for number, term in enumerate(self.terms())]
        titled = " OR ".join(map(has_sql, self.titles)) or "false"
        return ", ".join([*words, f"({titled}) AS titled"])

    def coverage(self) -> str:
        """SQL expression of how many words of the query a document has."""
        numbers = {term: number for number, term in enumerate(self.terms())}
        having = [" OR ".join(f"w{numbers[term]} >= 0" for term in word) or "false" for word in self.words]
        return " + ".join(f"({each})::int" for each in having) or "0"

    def score(self) -> str:
        """SQL expression to sort by: BM25F of the terms, multiplied by the signals (votes, age and so on)."""
        if self.column:
            return f"{self.column}::float8"
        numbers = {term: number for number, term in enumerate(self.terms())}
        products = [
            [f"float8 '{factor}' * w{numbers[term]}" for term, factor in group.items()]
            for group in self.groups
        ]
        scores = [f"greatest(0, {', '.join(each)})" for each in products]
        return (
            f"({' + '.join(scores) or '0'}) / {encoding.WEIGHT_SCALE} * {SIGNALS_SQL}"
            f" + float8 '{TITLE_MATCH_BONUS}' * titled::int"
            f" + float8 '{STRICT_MATCH_BONUS}' * (id = ANY(:first_ids))::int"
        )


class IndexTables:
    """Statements on the tables of one index; `connect` returns the connection to run them on."""

    def __init__(self, connect: Callable[[], Connection], name: str) -> None:
        self.connect = connect
        self.names = schema.tables(name)

    def run(self, sql: str, parts: dict[str, str] | None = None, **values: object) -> CursorResult:
        """Run a statement; `{names}` in it are replaced by the tables of this index and by `parts`."""
        return self.connect().execute(text(sql.format(**self.names, **(parts or {}))), values)

    def frequencies(self, lexemes: Iterable[str]) -> dict[str, int]:
        """Document count by lexeme; lexemes without documents are left out."""
        found = self.run("SELECT term, documents FROM {terms} WHERE term = ANY(:terms)", terms=list(lexemes))
        return dict(found.tuples().all())

    def count_matches(self, match: Match, order: Order, any_of: list[str]) -> StatementResult:
        """Total and facets of the matches that also have one of the lexemes `any_of`."""
        return self._execute(FOUND_SQL + FACETS_SQL, match, replace(order, groups=[]), any_of)

    def best(
        self,
        match: Match,
        order: Order,
        *,
        any_of: list[str] | None = None,
        max_candidates: int | None = None,
        included_ids: Iterable[int] = (),
        facets: bool = False,
        coverage: bool = False,
        limit: int,
        offset: int,
    ) -> StatementResult:
        """The best of the matches that also have one of the lexemes `any_of`.

        With `max_candidates`, only that many arbitrary matches and those of `included_ids` are ranked;
        phrases are then checked in the hits alone, and the total is meaningless.
        """
        hits = PHRASE_CHECKED_HITS_SQL if max_candidates and match.phrases else HITS_SQL
        return self._execute(
            FOUND_SQL + hits + (FACETS_SQL if facets else "") + (COVERAGE_SQL if coverage else ""),
            match,
            order,
            any_of,
            max_candidates=max_candidates,
            included_ids=list(included_ids),
            limit=limit,
            offset=offset,
        )

    def best_by_column(self, match: Match, order: Order, *, limit: int, offset: int) -> StatementResult:
        """The matches with the highest values of a column, read in its order until there are enough.

        With several documents of a thread among them, SPARE_ROWS more than are needed are read.
        """
        conditions, values = match.row_conditions()
        parts = {"conditions": conditions, "phrases": match.phrases_sql()}
        found = self.run(
            COLUMN_ORDER_SQL[order.column],
            parts,
            limit=SPARE_ROWS * (offset + limit) if order.one_per_thread else offset + limit,
            phrases=match.phrase_query(),
            **values,
        )
        rows = {
            thread if order.one_per_thread else number: (number, value)
            for number, value, thread in reversed(found.all())
        }
        hits = sorted(rows.values(), key=lambda hit: (-hit[1], hit[0]))
        return StatementResult(hits[offset : offset + limit])

    def _execute(
        self,
        sql: str,
        match: Match,
        order: Order,
        any_of: list[str] | None,
        *,
        max_candidates: int | None = None,
        **values: object,
    ) -> StatementResult:
        conditions, given = match.conditions()
        vector = match.vector_query(any_of)
        if vector:
            conditions = f"vector @@ :vector ::tsquery AND {conditions}"
        candidates = (CANDIDATES_SQL if max_candidates else MATCHING_SQL).format(
            **self.names, conditions=conditions
        )
        parts = {
            "weights": order.weights(),
            "candidates": candidates,
            "score": order.score() if order.groups or order.column else "0.0::float8",
            "coverage": order.coverage(),
            "shown": SHOWN_SQL[order.one_per_thread],
            "phrases": "true" if max_candidates else match.phrases_sql(),
            "checked": match.phrases_sql("whole.vector"),
        }
        result = StatementResult()
        for part, name, value in self.run(
            sql,
            parts,
            vector=vector,
            max_candidates=max_candidates,
            phrases=match.phrase_query(),
            first_ids=list(order.first_ids),
            required=order.required,
            now=int(time()),
            **given,
            **values,
        ):
            if part == "hit":
                result.hits.append((int(name), value))
            elif part == "total":
                result.total = int(value)
            elif part == "coverage":
                result.coverage[int(name)] = int(value)
            else:
                kind, fact = name.split("=", 1)
                result.facets[kind][fact] = int(value)
        return result
