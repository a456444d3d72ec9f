"""Translate a query into conditions that a GIN index answers without reading rows.

Only phrases need the row itself; they are checked in rows that have their words in pairs, up to hash
collisions.
"""

from dataclasses import dataclass, field
from itertools import pairwise

from search.engines.postgres.encoding import lexeme_hash, pair_lexeme, quoted
from search.parser import Query

CONJUNCTIVE_FIELDS = ("tag", "state", "title")  # all values must match; of other fields any


@dataclass
class Match:
    """Conditions on a row: a lexeme of each of the `groups`, all `pairs`, none of `without`.

    `after` and `before` are Unix times in seconds; `hidden` are ids of documents to leave out.
    """

    groups: list[list[str]]
    without: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)  # as tsqueries
    pairs: list[str] = field(default_factory=list)
    after: int | None = None
    before: int | None = None
    hidden: list[int] = field(default_factory=list)

    def lexemes(self) -> list[str]:
        """All lexemes of the groups."""
        return [lexeme for group in self.groups for lexeme in group]

    def max_matches(self, counts: dict[str, int], size: int) -> int:
        """Upper bound of the number of matches, from the document `counts` by lexeme."""
        return min((sum(counts.get(lexeme, 0) for lexeme in group) for group in self.groups), default=size)

    def vector_query(self, any_of: list[str] | None = None) -> str:
        """Groups, pairs and exclusions as a tsquery; `any_of` is one more group."""
        groups = [*self.groups, any_of] if any_of else self.groups
        wanted = [f"({' | '.join(map(quoted, group))})" for group in groups]
        return " & ".join(
            [*wanted, *map(quoted, self.pairs), *(f"!{quoted(lexeme)}" for lexeme in self.without)]
        )

    def conditions(self) -> tuple[str, dict]:
        """SQL and parameters of what the GIN index cannot answer: dates and hidden documents."""
        found = {
            "created >= :after": self.after,
            "created < :before": self.before,
            "id <> ALL(:hidden)": self.hidden or None,
        }
        used = {sql: value for sql, value in found.items() if value is not None}
        return (
            " AND ".join(["true", *used]),
            {sql.split(":")[1].rstrip(")"): value for sql, value in used.items()},
        )

    def phrases_sql(self, vector: str = "vector") -> str:
        """SQL condition that a row has the phrases."""
        return f"{vector} @@ :phrases ::tsquery" if self.phrases else "true"

    def phrase_query(self) -> str:
        """The phrases, wanted and excluded, as a tsquery; empty when there are none."""
        return " & ".join(self.phrases)

    def row_conditions(self) -> tuple[str, dict]:
        """SQL and parameters of groups and exclusions as conditions on the weights of one row."""
        having = [" OR ".join(has_sql(lexeme) for lexeme in group) for group in self.groups]
        missing = [f"NOT ({has_sql(lexeme)})" for lexeme in self.without]
        sql, values = self.conditions()
        return " AND ".join([sql, *(f"({each})" for each in having), *missing]), values


def build_match(query: Query, hidden: list[int], *, any_word: bool) -> Match:
    """Build the conditions of a query: all of its terms, or any with `any_word`, and its filters."""
    words = [[term, *query.alternatives.get(term, ())] for term in query.terms]
    groups = ([[each for group in words for each in group]] if any_word else words) if words else []
    groups += [[term] for phrase in query.phrases for term in dict.fromkeys(phrase)]
    for name, values in query.only.items():
        lexemes = [f"{name}={value}" for value in values]
        groups += [[lexeme] for lexeme in lexemes] if name in CONJUNCTIVE_FIELDS else [lexemes]
    without = [f"{name}={value}" for name, values in query.without.items() for value in values]
    without += [words[0] for words in query.excluded if len(words) == 1]
    phrases = [_phrase(words) for words in query.phrases]
    phrases += [f"!({_phrase(words)})" for words in query.excluded if len(words) > 1]
    pairs = [pair_lexeme(*two) for words in query.phrases for two in pairwise(words)]
    return Match(
        groups,
        without,
        phrases,
        pairs,
        after=int(query.after.timestamp()) if query.after else None,
        before=int(query.before.timestamp()) if query.before else None,
        hidden=hidden,
    )


def weight_sql(lexeme: str) -> str:
    """SQL expression of the weight of a lexeme in a row; -1 when the row does not have it.

    Weights are sorted by the hashes of their lexemes: a binary search finds the last that is not above.
    """
    base = lexeme_hash(lexeme)
    return f"coalesce(weights[width_bucket({base | 0xFFFF}, weights)] - {base}, -1)"


def has_sql(lexeme: str) -> str:
    """SQL condition that a row has a lexeme with a weight: a term or a filter."""
    return f"{weight_sql(lexeme)} >= 0"


def _phrase(words: list[str]) -> str:
    return " <-> ".join(map(quoted, words))
