"""The tables of one index, named after it, in a schema of their own because they hold derived data.

Columns that ranking reads are stored inline; the vector is stored out of line, as only its GIN index and
phrases read it. Votes are also in a table of their own, sorted, so that a vote updates no index of
documents: `fillfactor` leaves space for the new row version on the same page.
"""

import logging
import uuid

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
FORMAT = 5  # increment to have every older index rebuilt
SCHEMA = "redoubt_search"
TABLES = """
CREATE TABLE {documents} (
    id bigint NOT NULL, digest bigint NOT NULL, thread bigint NOT NULL,
    kind text NOT NULL, votes integer NOT NULL, created bigint NOT NULL,
    is_accepted boolean NOT NULL, facts text[] NOT NULL, lengths integer[] NOT NULL,
    weights bigint[] NOT NULL, vector tsvector NOT NULL, word_vector bytea NOT NULL
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
    """Return a new unique name for an index of this format."""
    return f"{FORMAT}_{uuid.uuid4().hex[:12]}"


def is_readable(name: str) -> bool:
    """Whether an index of this name has the current format."""
    return name.split("_", maxsplit=1)[0] == str(FORMAT)


def tables(name: str) -> dict[str, str]:
    """Qualified names of the tables of an index and of its optional trigram index, by noun."""
    return {noun: f"{SCHEMA}.{noun}_{name}" for noun in ("documents", "votes", "terms", "spellings")}


def prepare(connection: Connection, name: str) -> None:
    """Create the empty tables of a new index."""
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    _run(connection, TABLES, name)


def add_indexes(connection: Connection, name: str) -> None:
    """Add the database indexes to filled tables; that of spellings only where pg_trgm can be installed."""
    _run(connection, INDEXES, name)
    try:
        _run(connection, TRIGRAMS, name)
    except DBAPIError as error:
        log.warning("pg_trgm is not available, so only typos of one letter are corrected: %s", error.orig)


def all_names(connection: Connection) -> set[str]:
    """Names of all indexes that have tables."""
    found = connection.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = :schema"), {"schema": SCHEMA}
    )
    return {table.split("_", 1)[1] for table in found}


def drop(connection: Connection, name: str) -> None:
    """Drop the tables of an index; tables that are still being read are dropped after the next rebuild."""
    try:
        _run(connection, "SET lock_timeout = '2s'; DROP TABLE IF EXISTS {documents}, {votes}, {terms}", name)
    except DBAPIError as error:
        log.warning("tables of index %s could not be dropped yet: %s", name, error.orig)
    finally:
        connection.execute(text("RESET lock_timeout"))


def _run(connection: Connection, statements: str, name: str) -> None:
    for statement in statements.format(name=name, **tables(name)).split(";"):
        connection.execute(text(statement))
