"""All rows of a PostgreSQL database into an archive and back, through COPY.

Not pg_dump: what it writes is SQL, which would run with the site's rights when it comes back, and it must be
installed in the server's version. Here only rows travel; the tables are made by our own migrations. The
driver is had from the engine: imported, it would weigh 9 MB in every process of a site on SQLite.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import MetaData, inspect

from core.backup import omissions
from core.backup.archive import Archive, Refused, Writer
from core.cli import progress
from core.database import schema
from core.database.db import db

COPIES = 1  # of the content, which a restore needs in the instance: the index
FOLDER = "rows"
SHOW = "SELECT pg_database_size(current_database())"
SEQUENCES = (
    "SELECT sequencename, last_value FROM pg_sequences "
    "WHERE schemaname = current_schema() AND last_value IS NOT NULL"
)
SETTINGS = "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL timezone = 'UTC'; SET LOCAL statement_timeout = 0"


@contextmanager
def _raw(**options) -> Iterator[Any]:
    """One transaction of the driver's own; it is undone unless the block commits."""
    with db.engine.connect().execution_options(**options) as connection:
        raw = connection.connection.driver_connection
        raw.execute(SETTINGS)
        yield raw


def space_needed() -> int:
    """How much a backup takes at most, in bytes: the rows, packed, are far less than the database."""
    with _raw() as database:
        return database.execute(SHOW).fetchone()[0] // 2


def dump(archive: Writer, folder: Path) -> dict:
    """Copy every row as of one moment into `archive`; returns its part of the manifest."""
    columns, counts = schema.ours(_columns()), {}
    with _raw(isolation_level="REPEATABLE READ", postgresql_readonly=True) as database:
        (revision,) = database.execute(f"SELECT version_num FROM {schema.VERSION}").fetchone()
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
    """Every table with its columns, without the number of the migration."""
    inspector = inspect(db.engine)
    return {
        name: [column["name"] for column in inspector.get_columns(name)]
        for name in sorted(inspector.get_table_names())
        if name != schema.VERSION
    }


def _copy(table: str, columns: list[str], way: str) -> str:
    quote = db.engine.dialect.identifier_preparer.quote_identifier
    return f"COPY {quote(table)} ({', '.join(map(quote, columns))}) {way}"


def _read(table: str, columns: list[str]) -> str:
    """The statement that gives the rows of a table as they go into the backup."""
    if table != omissions.TABLE or not omissions.applies(columns):
        return _copy(table, columns, "TO STDOUT")
    quote = db.engine.dialect.identifier_preparer.quote_identifier
    listed = ", ".join(omissions.expression(column, quote(column)) for column in columns)
    return f"COPY (SELECT {listed} FROM {quote(table)}) TO STDOUT"


def _copy_out(database, table: str, columns: list[str], archive: Writer) -> int:
    with archive.open(f"{FOLDER}/{table}") as write, database.cursor() as cursor:
        with cursor.copy(_read(table, columns)) as rows:
            for data in rows:
                write(bytes(data))
        return cursor.rowcount


def is_empty() -> bool:
    """Whether the database holds no table at all."""
    return not inspect(db.engine).get_table_names()


def clear() -> None:
    """Drop every table."""
    everything = MetaData()
    everything.reflect(db.engine)
    everything.drop_all(db.engine)


def load(archive: Archive, folder: Path) -> None:
    """Fill the tables that the migrations made at the archive's revision. Raises Refused half-way."""
    ours, tables, driver = _columns(), archive.manifest["tables"], db.engine.dialect.dbapi
    archive.require_tables(ours)
    try:
        with _raw() as database:
            with progress(_parents_first(), len(ours), "loading") as each:
                for table in each:
                    _copy_in(database, table, tables[table]["columns"], archive)
            _set_sequences(database, archive.manifest["sequences"])
            database.commit()
    except (driver.DataError, driver.IntegrityError) as error:
        raise Refused(
            _("The rows of the archive are damaged: %(why)s", why=error.diag.message_primary)
        ) from error


def _parents_first() -> list[str]:
    """The tables, each after those that it refers to."""
    found = MetaData()
    found.reflect(db.engine)
    return [table.name for table in found.sorted_tables if table.name != schema.VERSION]


def _copy_in(database, table: str, columns: list[str], archive: Archive) -> None:
    with database.cursor() as cursor:
        with cursor.copy(_copy(table, columns, "FROM STDIN")) as rows:
            for piece in archive.pieces(f"{FOLDER}/{table}"):
                rows.write(piece)
        archive.require_rows(table, cursor.rowcount)


def _set_sequences(database, last: dict[str, int]) -> None:
    """Go on counting where the old site stopped: the number of what was deleted is not given again."""
    for name, value in last.items():
        if name in inspect(db.engine).get_sequence_names():
            database.execute("SELECT setval(%s::regclass, %s)", (name, value))
