"""Which of the matching rows come first: BM25F from the weights in the rows, in the database.

What many documents have is not ranked whole. The candidates are then those in which the words say most:
each weight above the middle is a lexeme of its own, so the GIN index gives the best few thousand.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import log1p
from time import time

from sqlalchemy import Connection, CursorResult, text

from search.engines.postgres import encoding, schema
from search.engines.postgres.matching import Match, has, weight
from search.weights import (
    ACCEPTED,
    CARE,
    FEWEST_VOTES,
    FOREMOST,
    FRESH,
    HALF_LIFE,
    MOST_VOTES,
    TITLED,
    VOTE,
)

# Numbers with a point are exact decimals in SQL, and slow: all that is multiplied is said to be a float8.
GENTLE = f"""(1 + float8 '{VOTE}' * least({MOST_VOTES}, greatest({FEWEST_VOTES}, votes))
    + float8 '{ACCEPTED}' * is_accepted::int
    + float8 '{FRESH}' * power(float8 '0.5', greatest(0, :now - created) / float8 '{HALF_LIFE}')
    + float8 '{CARE}' * (kind = 'article')::int)"""
FOUND = """
WITH found AS MATERIALIZED (
    SELECT id, votes, created, is_accepted, kind, facts, {weights}
    FROM ({candidates}) AS candidate WHERE {phrases})
SELECT 'total' AS part, '' AS name, count(*)::float8 AS value FROM found
"""
MATCHING = "SELECT * FROM {documents} WHERE {conditions}"
CANDIDATES = f"""
    (SELECT * FROM {{documents}} WHERE id = ANY(:sure)) UNION ALL
    ({MATCHING} AND id <> ALL(:sure) LIMIT :most)"""
HITS = """
UNION ALL SELECT 'hit', id::text, score FROM (
    SELECT id, {score} AS score FROM found ORDER BY score DESC, id LIMIT :limit OFFSET :offset) AS best
"""
# Of candidates, whose number does not matter, phrases are sought in one after another, the best first. SQL
# does not promise an order here; PostgreSQL keeps that of a subquery with OFFSET, which it cannot take apart.
CHECKED_HITS = """
UNION ALL (SELECT 'hit', id::text, score FROM (
    SELECT id, {score} AS score FROM found ORDER BY score DESC, id OFFSET 0) AS best
WHERE (SELECT {checked} FROM {documents} AS whole WHERE whole.id = best.id) LIMIT :limit OFFSET :offset)
"""
FACTS = """
UNION ALL SELECT 'fact', fact, count(*) FROM found, unnest(facts) AS fact GROUP BY fact
"""
IN_ORDER = {
    "created": """
        SELECT id, created::float8 FROM {documents} WHERE {conditions} AND {phrases}
        ORDER BY created DESC, id LIMIT :limit OFFSET :offset""",
    "votes": """
        SELECT id, v.votes::float8 FROM {votes} AS v JOIN {documents} USING (id)
        WHERE {conditions} AND {phrases}
        ORDER BY v.votes DESC, id LIMIT :limit OFFSET :offset""",
}


@dataclass
class Answer:
    """What one statement found: documents with values, highest first, how many match, and their facets."""

    hits: list[tuple[int, float]] = field(default_factory=list)
    total: int = 0
    facets: dict[str, Counter] = field(default_factory=lambda: {name: Counter() for name in encoding.FACETS})


@dataclass(frozen=True)
class Order:
    """What comes first: how much each word says (its inverse document frequency), or the height of a column.

    Before all the rest go those with `title` for their whole title, then the documents named as `foremost`.
    """

    worths: dict[str, float] = field(default_factory=dict)
    title: str = ""
    foremost: tuple[int, ...] = ()
    column: str = ""

    def weights(self) -> str:
        """SQL for what the order needs of a row's weights."""
        words = [f"{weight(term)} AS w{number}" for number, term in enumerate(self.worths)]
        return ", ".join([*words, f"{has(self.title)} AS titled"])

    def score(self) -> str:
        """SQL for the place of a found row: BM25F by the weights of its words, with the gentle signals."""
        if self.column:
            return self.column
        said = [f"float8 '{worth}' * greatest(w{n}, 0)" for n, worth in enumerate(self.worths.values())]
        return (
            f"({' + '.join(said)}) / {encoding.SCALE} * {GENTLE} + float8 '{TITLED}' * titled::int"
            f" + float8 '{FOREMOST}' * (id = ANY(:foremost))::int"
        )


def worth(count: int, size: int) -> float:
    """The inverse document frequency of a word that `count` of `size` documents have."""
    return log1p((size - count + 0.5) / (count + 0.5))


class Rows:
    """The rows of one index, asked for the best or for counts, by the connection that `look` gives."""

    def __init__(self, look: Callable[[], Connection], name: str):
        self.look, self.names = look, schema.tables(name)

    def run(self, sql: str, parts: dict[str, str] | None = None, **values) -> CursorResult:
        """Run a statement on the tables of this index."""
        return self.look().execute(text(sql.format(**self.names, **(parts or {}))), values)

    def frequencies(self, lexemes: Iterable[str]) -> dict[str, int]:
        """How many documents have each of these lexemes; those that none has are left out."""
        found = self.run("SELECT term, documents FROM {terms} WHERE term = ANY(:terms)", terms=list(lexemes))
        return dict(found.tuples().all())

    def counted(self, match: Match, narrow: list[str]) -> Answer:
        """How many match that have one of these lexemes too, and their facets."""
        return self._answer(FOUND + FACTS, match, Order(), narrow)

    def best(
        self,
        match: Match,
        order: Order,
        *,
        narrow: list[str] | None = None,
        most: int | None = None,
        sure: Iterable[int] = (),
        facets: bool = False,
        limit: int,
        offset: int,
    ) -> Answer:
        """The first of those that match and have one of some lexemes too.

        Of `most` of these, whichever the database meets first, and of the matches that are `sure`: phrases
        are then sought in the hits alone, and the total says nothing.
        """
        hits = CHECKED_HITS if most and match.phrases else HITS
        return self._answer(
            FOUND + hits + (FACTS if facets else ""),
            match,
            order,
            narrow,
            most=most,
            sure=list(sure),
            limit=limit,
            offset=offset,
        )

    def in_order(self, match: Match, column: str, *, limit: int, offset: int) -> Answer:
        """Those that match with the highest values, read one after another until there are enough."""
        sql, values = match.row_conditions()
        parts = {"conditions": sql, "phrases": match.phrases_sql()}
        found = self.run(
            IN_ORDER[column], parts, limit=limit, offset=offset, phrases=match.phrase_query(), **values
        )
        return Answer([(number, value) for number, value in found])

    def _answer(
        self,
        sql: str,
        match: Match,
        order: Order,
        narrow: list[str] | None,
        *,
        most: int | None = None,
        **values,
    ) -> Answer:
        conditions, given = match.conditions()
        vector = match.vector_query(narrow)
        if vector:
            conditions = f"vector @@ :vector ::tsquery AND {conditions}"
        candidates = (CANDIDATES if most else MATCHING).format(**self.names, conditions=conditions)
        parts = {
            "weights": order.weights(),
            "candidates": candidates,
            "score": order.score(),
            "phrases": "true" if most else match.phrases_sql(),
            "checked": match.phrases_sql("whole.vector"),
        }
        answer = Answer()
        for part, name, value in self.run(
            sql,
            parts,
            vector=vector,
            most=most,
            phrases=match.phrase_query(),
            foremost=list(order.foremost),
            now=int(time()),
            **given,
            **values,
        ):
            if part == "hit":
                answer.hits.append((int(name), value))
            elif part == "total":
                answer.total = int(value)
            else:
                kind, fact = name.split("=", 1)
                answer.facets[kind][fact] = int(value)
        return answer
