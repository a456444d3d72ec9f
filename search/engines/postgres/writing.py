"""Write rows into the tables of an index and maintain the document counts of lexemes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import filterfalse, islice
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, TextClause, text

from search.engines.postgres import encoding, schema
from search.fields import TEXTS, Document

BATCH_SIZE = 2_000  # documents written by one COPY
COLUMNS = (
    "id",
    "digest",
    "thread",
    "kind",
    "votes",
    "created",
    "is_accepted",
    "facts",
    "lengths",
    "weights",
    "vector",
    "word_vector",
)
DIGESTS_SQL = "SELECT id, digest FROM {documents} WHERE id = ANY(:ids)"
UPDATE_VOTES_SQL = """
    WITH new AS (SELECT * FROM unnest(:ids ::bigint[], :votes ::int[]) AS new(id, votes)),
         ordered AS (UPDATE {votes} AS v SET votes = new.votes FROM new WHERE v.id = new.id)
    UPDATE {documents} AS d SET votes = new.votes FROM new WHERE d.id = new.id"""
DELETE_SQL = """
    WITH ordered AS (DELETE FROM {votes} WHERE id = ANY(:ids))
    DELETE FROM {documents} WHERE id = ANY(:ids)
    RETURNING lengths, tsvector_to_array(vector)"""
INSERT_VOTES_SQL = "INSERT INTO {votes} SELECT * FROM unnest(:ids ::bigint[], :votes ::int[])"
COUNT_TERMS_SQL = """
    INSERT INTO {terms} AS old (term, documents, spelling)
    SELECT * FROM unnest(:terms ::text[], :changes ::int[], :spellings ::text[])
    ON CONFLICT (term) DO UPDATE SET documents = old.documents + excluded.documents,
                                     spelling = coalesce(old.spelling, excluded.spelling)"""
DELETE_TERMS_SQL = "DELETE FROM {terms} WHERE term = ANY(:terms) AND documents <= 0"


@dataclass
class Changes:
    """Differences that a batch of rows makes to the totals of the index."""

    size: int = 0
    lengths: Counter = field(default_factory=Counter)
    documents: Counter = field(default_factory=Counter)  # by lexeme
    spellings: dict[str, str] = field(default_factory=dict)

    def count(self, lexemes: Iterable[str], lengths: Iterable[int], step: int) -> None:
        """Count one document more (`step` 1) or less (`step` -1)."""
        self.size += step
        for name, length in zip(TEXTS, lengths, strict=True):
            self.lengths[name] += step * length
        for lexeme in lexemes:
            self.documents[lexeme] += step

    def add(self, other: "Changes") -> None:
        """Add the size and lengths of other changes; their counts by lexeme are written already."""
        self.size += other.size
        for name, length in other.lengths.items():  # Counter += would drop negative counts
            self.lengths[name] += length


def averages_of(size: int, lengths: dict[str, int]) -> dict[str, float]:
    """Average number of terms in each text field of a document; never 0."""
    return {name: lengths.get(name, 0) / (size or 1) or 1.0 for name in TEXTS}


def fill_tables(
    connection: Connection, name: str, documents: Iterable[Document], averages: dict[str, float] | None
) -> tuple[dict[str, float], Changes]:
    """Fill the empty tables of a new index; return the averages used and the totals written.

    With `averages` None, those of the first batch are used.
    """
    totals = Changes()
    remaining = iter(documents)
    while batch := list(islice(remaining, BATCH_SIZE)):
        terms = [encoding.text_terms(document) for document in batch]
        if averages is None:
            lengths = {text: sum(encoding.length(each[text]) for each in terms) for text in TEXTS}
            averages = averages_of(len(batch), lengths)
        changes = Changes()
        _add(connection, name, map(encoding.encode, batch, terms, [averages] * len(batch)), changes)
        _count(connection, name, changes)
        totals.add(changes)
    return averages or averages_of(0, {}), totals


def replace_documents(
    connection: Connection,
    name: str,
    keys: Iterable[str],
    documents: Iterable[Document],
    averages: dict[str, float],
) -> Changes:
    """Delete `keys`, insert `documents`; return the changes to the totals.

    Where only votes differ, no database index is updated.
    """
    changes = Changes()
    ids = sorted(map(encoding.document_id, keys))
    rows = sorted(
        (encoding.encode(each, encoding.text_terms(each), averages) for each in documents),
        key=attrgetter("id"),
    )
    digests = dict(connection.execute(_sql(DIGESTS_SQL, name), {"ids": ids}).tuples().all())
    vote_changes = {row.id: row.votes for row in rows if digests.get(row.id) == row.digest}
    if vote_changes:
        connection.execute(
            _sql(UPDATE_VOTES_SQL, name), {"ids": list(vote_changes), "votes": list(vote_changes.values())}
        )
    removed = [number for number in digests if number not in vote_changes]
    for lengths, lexemes in connection.execute(_sql(DELETE_SQL, name), {"ids": removed}) if removed else ():
        changes.count(filterfalse(encoding.is_pair_lexeme, lexemes), lengths, -1)
    _add(connection, name, [row for row in rows if row.id not in vote_changes], changes)
    _count(connection, name, changes)
    return changes


def _sql(statement: str, name: str) -> TextClause:
    return text(statement.format(**schema.tables(name)))


def _add(connection: Connection, name: str, rows: Iterable[encoding.Row], changes: Changes) -> None:
    """Insert rows and count them in `changes`."""
    table = schema.tables(name)["documents"]
    votes: dict[int, int] = {}
    statement = f"COPY {table} ({', '.join(COLUMNS)}) FROM STDIN"
    cursor: Any = connection.connection.cursor()  # psycopg's cursor has more than DBAPICursor declares
    with cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([getattr(row, column) for column in COLUMNS])
            changes.count(row.lexemes, row.lengths, 1)
            changes.spellings |= row.spellings
            votes[row.id] = row.votes
    if votes:
        connection.execute(_sql(INSERT_VOTES_SQL, name), {"ids": list(votes), "votes": list(votes.values())})


def _count(connection: Connection, name: str, changes: Changes) -> None:
    """Update the document counts of lexemes in sorted order (no deadlocks); delete those that reach 0."""
    found = sorted((lexeme, step) for lexeme, step in changes.documents.items() if step)
    if found:
        terms = [lexeme for lexeme, _ in found]
        connection.execute(
            _sql(COUNT_TERMS_SQL, name),
            {
                "terms": terms,
                "changes": [step for _, step in found],
                "spellings": [changes.spellings.get(lexeme) for lexeme in terms],
            },
        )
    if decreased := [lexeme for lexeme, step in found if step < 0]:
        connection.execute(_sql(DELETE_TERMS_SQL, name), {"terms": decreased})
