"""The tables of one index: they carry its name, and lie apart from the site's own, for they are no data.

What ranking reads stays in the row; the vector moves out of it, for only its index and phrases look at it.
Votes stand in a table of their own too, for their order, so that a vote touches no index of documents:
`fillfactor` leaves room for the new row on the page of the old.
"""

import logging
import uuid

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
FORMAT = 3  # another number makes every older index be rebuilt
SCHEMA = "redoubt_search"
TABLES = """
CREATE TABLE {documents} (
    id bigint NOT NULL, digest bigint NOT NULL,
    kind text NOT NULL, votes integer NOT NULL, created bigint NOT NULL,
    is_accepted boolean NOT NULL, facts text[] NOT NULL, lengths integer[] NOT NULL,
    weights bigint[] NOT NULL, vector tsvector NOT NULL
) WITH (fillfactor = 85);
ALTER TABLE {documents} ALTER facts SET STORAGE MAIN, ALTER weights SET STORAGE MAIN,
                        ALTER vector SET STORAGE EXTERNAL;
CREATE TABLE {votes} (id bigint NOT NULL, votes integer NOT NULL);
CREATE TABLE {terms} (
    term text COLLATE "C" PRIMARY KEY, documents integer NOT NULL, spelling text
) WITH (fillfactor = 70)
"""
INDEXES = """
ALTER TABLE {documents} ADD PRIMARY KEY (id);
CREATE INDEX ON {documents} (created DESC, id);
ALTER TABLE {votes} ADD PRIMARY KEY (id);
CREATE INDEX ON {votes} (votes DESC, id);
CREATE INDEX ON {documents} USING gin (vector) WITH (gin_pending_list_limit = 256);
ANALYZE {documents}
"""
TRIGRAMS = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX spellings_{name} ON {terms} USING gin (spelling gin_trgm_ops) WHERE spelling IS NOT NULL
"""


def new_name() -> str:
    """A name for an index of this format."""
    return f"{FORMAT}_{uuid.uuid4().hex[:12]}"


def is_readable(name: str) -> bool:
    """Whether an index of this name has our format."""
    return name.split("_", maxsplit=1)[0] == str(FORMAT)


def tables(name: str) -> dict[str, str]:
    """The names of the tables of an index, and of the index of spellings that it may have."""
    return {noun: f"{SCHEMA}.{noun}_{name}" for noun in ("documents", "votes", "terms", "spellings")}


def prepare(connection: Connection, name: str) -> None:
    """Make the empty tables of a new index."""
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    _run(connection, TABLES, name)


def add_indexes(connection: Connection, name: str) -> None:
    """Index the filled tables; spellings only where the extension for it can be had."""
    _run(connection, INDEXES, name)
    try:
        _run(connection, TRIGRAMS, name)
    except DBAPIError as error:
        log.warning("pg_trgm cannot be had, so only typos of one letter are corrected: %s", error.orig)


def all_names(connection: Connection) -> set[str]:
    """The names of all indexes that have tables."""
    found = connection.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = :schema"), {"schema": SCHEMA}
    )
    return {table.split("_", 1)[1] for table in found}


def drop(connection: Connection, name: str) -> None:
    """Remove the tables of an index; those that somebody still reads wait for the next time."""
    try:
        _run(connection, "SET lock_timeout = '2s'; DROP TABLE IF EXISTS {documents}, {votes}, {terms}", name)
    except DBAPIError as error:
        log.warning("the tables of the index %s stay for now: %s", name, error.orig)
    finally:
        connection.execute(text("RESET lock_timeout"))


def _run(connection: Connection, statements: str, name: str) -> None:
    for statement in statements.format(name=name, **tables(name)).split(";"):
        connection.execute(text(statement))
