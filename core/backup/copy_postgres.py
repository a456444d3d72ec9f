"""Copies all rows of a PostgreSQL database into an archive and back, with COPY.

pg_dump is not used: it writes SQL, which would run with the site's rights on restore, and it must have the
server's version. Only rows are copied; the migrations create the tables. The driver is taken from the engine:
an import would take 9 MB in every process of a site on SQLite.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import MetaData, inspect

from core.backup import omissions
from core.backup.archive import Archive, BackupError, Writer
from core.cli import progress
from core.database import schema
from core.database.db import db

COPIES_NEEDED = 1  # of the content, as disk space in the instance: the search index
FOLDER = "rows"
DATABASE_SIZE = "SELECT pg_database_size(current_database())"
SEQUENCES = (
    "SELECT sequencename, last_value FROM pg_sequences "
    "WHERE schemaname = current_schema() AND last_value IS NOT NULL"
)
SESSION_SETTINGS = (
    "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL timezone = 'UTC'; SET LOCAL statement_timeout = 0"
)


@contextmanager
def _raw(**options: Any) -> Iterator[Any]:
    """Yield a connection of the driver in a transaction, which is rolled back unless the block commits."""
    with db.engine.connect().execution_options(**options) as connection:
        raw: Any = connection.connection.driver_connection
        raw.execute(SESSION_SETTINGS)
        yield raw


def space_needed() -> int:
    """The most bytes a backup takes: compressed rows are far smaller than the database."""
    with _raw() as database:
        return database.execute(DATABASE_SIZE).fetchone()[0] // 2


def dump(archive: Writer, folder: Path) -> dict:
    """Copy all rows of one snapshot into `archive`; returns the database's part of the manifest."""
    columns = schema.own_tables(_columns())
    counts: dict[str, int] = {}
    with _raw(isolation_level="REPEATABLE READ", postgresql_readonly=True) as database:
        (revision,) = database.execute(f"SELECT version_num FROM {schema.VERSION_TABLE}").fetchone()  # noqa: S608  (no values)
        with progress(list(columns), len(columns), "copying") as tables:
            for table in tables:
                counts[table] = _copy_out(database, table, columns[table], archive)
        sequences = dict(database.execute(SEQUENCES).fetchall())
    return {
        "database": "postgresql",
        "revision": revision,
        "sequences": sequences,
        "tables": {name: {"columns": columns[name], "rows": counts[name]} for name in columns},
    }


def _columns() -> dict[str, list[str]]:
    """The columns of all tables by name, without the table of the migration."""
    inspector = inspect(db.engine)
    return {
        name: [column["name"] for column in inspector.get_columns(name)]
        for name in sorted(inspector.get_table_names())
        if name != schema.VERSION_TABLE
    }


def _copy(table: str, columns: list[str], direction: str) -> str:
    quote = db.engine.dialect.identifier_preparer.quote_identifier
    return f"COPY {quote(table)} ({', '.join(map(quote, columns))}) {direction}"


def _copy_statement(table: str, columns: list[str]) -> str:
    """The COPY statement for the rows of a table, without omitted data."""
    quote = db.engine.dialect.identifier_preparer.quote_identifier
    if condition := omissions.omitted_rows(table, columns):
        listed = ", ".join(map(quote, columns))
        return f"COPY (SELECT {listed} FROM {quote(table)} WHERE NOT ({condition})) TO STDOUT"  # noqa: S608
    if table != omissions.TABLE or not omissions.applies(columns):
        return _copy(table, columns, "TO STDOUT")
    listed = ", ".join(omissions.expression(column, quote(column)) for column in columns)
    return f"COPY (SELECT {listed} FROM {quote(table)}) TO STDOUT"  # noqa: S608  (no values)


def _copy_out(database: Any, table: str, columns: list[str], archive: Writer) -> int:
    with archive.open(f"{FOLDER}/{table}") as write, database.cursor() as cursor:
        with cursor.copy(_copy_statement(table, columns)) as rows:
            for data in rows:
                write(bytes(data))
        return cursor.rowcount


def is_empty() -> bool:
    """Whether the database has no tables."""
    return not inspect(db.engine).get_table_names()


def clear() -> None:
    """Drop all tables."""
    tables = MetaData()
    tables.reflect(db.engine)
    tables.drop_all(db.engine)


def load(archive: Archive, folder: Path) -> None:
    """Fill the tables, which have the archive's revision. Raises BackupError, also when half is copied."""
    columns = _columns()
    tables = archive.manifest["tables"]
    driver: Any = db.engine.dialect.dbapi
    archive.require_tables(columns)
    try:
        with _raw() as database:
            with progress(_parents_first(), len(columns), "loading") as each:
                for table in each:
                    _copy_in(database, table, tables[table]["columns"], archive)
            _set_sequences(database, archive.manifest["sequences"])
            database.commit()
    except (driver.DataError, driver.IntegrityError) as error:
        raise BackupError(
            _("The rows of the archive are damaged: %(why)s", why=error.diag.message_primary)
        ) from error


def _parents_first() -> list[str]:
    """The names of the tables, each after those that it refers to."""
    found = MetaData()
    found.reflect(db.engine)
    return [table.name for table in found.sorted_tables if table.name != schema.VERSION_TABLE]


def _copy_in(database: Any, table: str, columns: list[str], archive: Archive) -> None:
    with database.cursor() as cursor:
        with cursor.copy(_copy(table, columns, "FROM STDIN")) as rows:
            for chunk in archive.chunks(f"{FOLDER}/{table}"):
                rows.write(chunk)
        archive.require_rows(table, cursor.rowcount)


def _set_sequences(database: Any, last: dict[str, int]) -> None:
    """Continue the sequences of the old site, so that ids of deleted rows are not used again."""
    for name, value in last.items():
        if name in inspect(db.engine).get_sequence_names():
            database.execute("SELECT setval(%s::regclass, %s)", (name, value))
