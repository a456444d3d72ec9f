"""What a query asks of the rows, as conditions that a GIN index answers without looking at them.

Phrases alone need a look at the row; they are sought in the rows that have their words in pairs, or by a hash
may seem to.
"""

from dataclasses import dataclass, field
from itertools import pairwise

from search.engines.postgres.encoding import mark, pair, quoted
from search.parser import Query

EVERY = ("tag", "state", "title")  # of these a document must have all that are asked for, of others any


@dataclass
class Match:
    """Conditions on a row: it has a lexeme of each of the `groups`, all `pairs`, none that is `without`."""

    groups: list[list[str]]
    without: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)  # as tsqueries
    pairs: list[str] = field(default_factory=list)
    after: int | None = None
    before: int | None = None
    hidden: list[int] = field(default_factory=list)

    def lexemes(self) -> list[str]:
        """Every lexeme that some document must have."""
        return [lexeme for group in self.groups for lexeme in group]

    def bound(self, counts: dict[str, int], size: int) -> int:
        """No more documents than this can match."""
        return min((sum(counts.get(lexeme, 0) for lexeme in group) for group in self.groups), default=size)

    def vector_query(self, narrow: list[str] | None = None) -> str:
        """The groups and what is excluded as a tsquery; one more group may narrow it."""
        groups = [*self.groups, narrow] if narrow else self.groups
        wanted = [f"({' | '.join(map(quoted, group))})" for group in groups]
        return " & ".join(
            [*wanted, *map(quoted, self.pairs), *(f"!{quoted(lexeme)}" for lexeme in self.without)]
        )

    def conditions(self) -> tuple[str, dict]:
        """What the index of words cannot answer, as SQL and its parameters: dates, and what is hidden."""
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
        """The condition that phrases are for a row."""
        return f"{vector} @@ :phrases ::tsquery" if self.phrases else "true"

    def phrase_query(self) -> str:
        """The phrases, wanted and excluded, as a tsquery; nothing when there are none."""
        return " & ".join(self.phrases)

    def row_conditions(self) -> tuple[str, dict]:
        """The groups and what is excluded as conditions on the weights of a row, for reading row by row."""
        having = [" OR ".join(has(lexeme) for lexeme in group) for group in self.groups]
        missing = [f"NOT ({has(lexeme)})" for lexeme in self.without]
        sql, values = self.conditions()
        return " AND ".join([sql, *(f"({each})" for each in having), *missing]), values


def match(query: Query, hidden: list[int], *, any_word: bool) -> Match:
    """The conditions of a query: all of its words, or `any_word`, within the filters."""
    words = [[term, *query.alternatives.get(term, ())] for term in query.terms]
    groups = ([[each for group in words for each in group]] if any_word else words) if words else []
    groups += [[term] for phrase in query.phrases for term in dict.fromkeys(phrase)]
    for name, values in query.only.items():
        lexemes = [f"{name}={value}" for value in values]
        groups += [[lexeme] for lexeme in lexemes] if name in EVERY else [lexemes]
    without = [f"{name}={value}" for name, values in query.without.items() for value in values]
    without += [words[0] for words in query.excluded if len(words) == 1]
    phrases = [_phrase(words) for words in query.phrases]
    phrases += [f"!({_phrase(words)})" for words in query.excluded if len(words) > 1]
    pairs = [pair(*two) for words in query.phrases for two in pairwise(words)]
    return Match(
        groups,
        without,
        phrases,
        pairs,
        after=int(query.after.timestamp()) if query.after else None,
        before=int(query.before.timestamp()) if query.before else None,
        hidden=hidden,
    )


def weight(lexeme: str) -> str:
    """SQL for the weight of a lexeme in a row; below 0 when the row has it not.

    Weights are sorted by the marks of their lexemes: a binary search finds the last that is not above.
    """
    base = mark(lexeme)
    return f"coalesce(weights[width_bucket({base | 0xFFFF}, weights)] - {base}, -1)"


def has(lexeme: str) -> str:
    """SQL for whether a row has a lexeme that is weighed: a word, or a name to filter by."""
    return f"{weight(lexeme)} >= 0"


def _phrase(words: list[str]) -> str:
    return " <-> ".join(map(quoted, words))
