"""Rows into the tables of an index, and with them how many documents have each lexeme."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import filterfalse, islice
from operator import attrgetter

from sqlalchemy import Connection, TextClause, text

from search.engines.postgres import encoding, schema
from search.fields import TEXTS, Document

FILLED = 2_000  # documents written by one statement
COLUMNS = ("id", "digest", "kind", "votes", "created", "is_accepted", "facts", "lengths", "weights", "vector")
KNOWN = "SELECT id, digest FROM {documents} WHERE id = ANY(:ids)"
VOTED = """
    WITH new AS (SELECT * FROM unnest(:ids ::bigint[], :votes ::int[]) AS new(id, votes)),
         ordered AS (UPDATE {votes} AS v SET votes = new.votes FROM new WHERE v.id = new.id)
    UPDATE {documents} AS d SET votes = new.votes FROM new WHERE d.id = new.id"""
REMOVED = """
    WITH ordered AS (DELETE FROM {votes} WHERE id = ANY(:ids))
    DELETE FROM {documents} WHERE id = ANY(:ids)
    RETURNING lengths, tsvector_to_array(vector)"""
ORDERED = "INSERT INTO {votes} SELECT * FROM unnest(:ids ::bigint[], :votes ::int[])"
COUNTED = """
    INSERT INTO {terms} AS old (term, documents, spelling)
    SELECT * FROM unnest(:terms ::text[], :changes ::int[], :spellings ::text[])
    ON CONFLICT (term) DO UPDATE SET documents = old.documents + excluded.documents,
                                     spelling = coalesce(old.spelling, excluded.spelling)"""
FORGOTTEN = "DELETE FROM {terms} WHERE term = ANY(:terms) AND documents <= 0"


@dataclass
class Changes:
    """What a batch of rows changes in the counts of the whole."""

    size: int = 0
    lengths: Counter = field(default_factory=Counter)
    documents: Counter = field(default_factory=Counter)  # by lexeme
    spellings: dict[str, str] = field(default_factory=dict)

    def count(self, lexemes: Iterable[str], lengths: Iterable[int], step: int) -> None:
        """One document more, or less."""
        self.size += step
        for name, length in zip(TEXTS, lengths, strict=True):
            self.lengths[name] += step * length
        for lexeme in lexemes:
            self.documents[lexeme] += step

    def add(self, other: "Changes") -> None:
        """Take the sizes of other changes too; what they counted by lexeme is written already."""
        self.size += other.size
        for name, length in other.lengths.items():  # += would drop what is below zero
            self.lengths[name] += length


def averages_of(size: int, lengths: dict[str, int]) -> dict[str, float]:
    """Terms in each text of a document, on average; never 0."""
    return {name: lengths.get(name, 0) / (size or 1) or 1.0 for name in TEXTS}


def create(
    connection: Connection, name: str, documents: Iterable[Document], averages: dict[str, float] | None
) -> tuple[dict[str, float], Changes]:
    """Fill the empty tables of a new index; returns by which averages, and what went in.

    Averages that are not known yet are those of the first documents.
    """
    whole = Changes()
    waiting = iter(documents)
    while batch := list(islice(waiting, FILLED)):
        read = [encoding.texts(document) for document in batch]
        if averages is None:
            lengths = {text: sum(len(each[text]) for each in read) for text in TEXTS}
            averages = averages_of(len(batch), lengths)
        changes = Changes()
        _add(connection, name, map(encoding.encode, batch, read, [averages] * len(batch)), changes)
        _count(connection, name, changes)
        whole.add(changes)
    return averages or averages_of(0, {}), whole


def replace(
    connection: Connection,
    name: str,
    keys: Iterable[str],
    documents: Iterable[Document],
    averages: dict[str, float],
) -> Changes:
    """Drop `keys`, add `documents`; returns what that changes in the whole.

    Where only the votes are others, no index is touched.
    """
    changes = Changes()
    ids = sorted(map(encoding.document_id, keys))
    rows = sorted(
        (encoding.encode(each, encoding.texts(each), averages) for each in documents), key=attrgetter("id")
    )
    known = dict(connection.execute(_on(KNOWN, name), {"ids": ids}).tuples().all())
    voted = {row.id: row.votes for row in rows if known.get(row.id) == row.digest}
    if voted:
        connection.execute(_on(VOTED, name), {"ids": list(voted), "votes": list(voted.values())})
    gone = [number for number in known if number not in voted]
    for lengths, lexemes in connection.execute(_on(REMOVED, name), {"ids": gone}) if gone else ():
        changes.count(filterfalse(encoding.is_pair, lexemes), lengths, -1)
    _add(connection, name, [row for row in rows if row.id not in voted], changes)
    _count(connection, name, changes)
    return changes


def _on(statement: str, name: str) -> TextClause:
    return text(statement.format(**schema.tables(name)))


def _add(connection: Connection, name: str, rows: Iterable[encoding.Row], changes: Changes) -> None:
    """Write rows, and count them."""
    into, votes = schema.tables(name)["documents"], {}
    statement = f"COPY {into} ({', '.join(COLUMNS)}) FROM STDIN"
    with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([getattr(row, column) for column in COLUMNS])
            changes.count(row.lexemes, row.lengths, 1)
            changes.spellings |= row.spellings
            votes[row.id] = row.votes
    if votes:
        connection.execute(_on(ORDERED, name), {"ids": list(votes), "votes": list(votes.values())})


def _count(connection: Connection, name: str, changes: Changes) -> None:
    """Bring the counts of the lexemes up to date, in one order; those that nothing has any more go."""
    found = sorted((lexeme, step) for lexeme, step in changes.documents.items() if step)
    if found:
        terms = [lexeme for lexeme, _ in found]
        connection.execute(
            _on(COUNTED, name),
            {
                "terms": terms,
                "changes": [step for _, step in found],
                "spellings": [changes.spellings.get(lexeme) for lexeme in terms],
            },
        )
    if less := [lexeme for lexeme, step in found if step < 0]:
        connection.execute(_on(FORGOTTEN, name), {"terms": less})
