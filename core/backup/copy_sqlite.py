"""Copies a SQLite database into an archive and back.

The backup is a snapshot of the file, taken while others write. A restore reads only its rows, into tables
that the migrations made: an untrusted file may hold triggers and views with arbitrary SQL.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from core.backup import omissions
from core.backup.archive import Archive, BackupError, Writer
from core.cli import progress, progress_callback
from core.database import schema
from core.database.db import db

DATABASE_FILE = "database.sqlite"
COPIES_NEEDED = 2  # of the content, as disk space for a restore: the file, and its rows
CORRUPTION_CODES = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_TOOBIG,
)
MAX_ROW_BYTES = 64_000_000  # an index of an archive may hold an expression that returns more
PAGES_PER_STEP = 2_000  # copied between two steps of the progress bar


@contextmanager
def _raw() -> Iterator[sqlite3.Connection]:
    """Yield a connection of the driver, which begins no transaction by itself."""
    connection = db.engine.raw_connection()
    raw: Any = connection.driver_connection
    try:
        yield raw
    finally:
        connection.close()


def space_needed() -> int:
    """The most bytes a backup takes: a copy, and the compressed copy."""
    with _raw() as database:
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    return pages * size * 3 // 2


def dump(archive: Writer, folder: Path) -> dict:
    """Copy a snapshot into `archive`, with temporary files in `folder`; returns its part of the manifest."""
    copy = folder / DATABASE_FILE
    copy.touch(mode=0o600)
    with closing(sqlite3.connect(copy)) as target:
        _copy_to(target)
        target.execute("PRAGMA secure_delete=ON")  # deleted data is overwritten
        _drop_triggers(target)
        own = schema.own_tables(_columns(target, "main"))
        if omissions.applies(own.get(omissions.TABLE, [])):
            target.execute(omissions.statement())
        for name, columns in own.items():
            if condition := omissions.omitted_rows(name, columns):
                target.execute(f"DELETE FROM {name} WHERE {condition}")  # noqa: S608  (no values)
        target.commit()
        tables = {name: {"columns": columns, "rows": _count(target, name)} for name, columns in own.items()}
        (revision,) = target.execute(f"SELECT version_num FROM {schema.VERSION_TABLE}").fetchone()  # noqa: S608  (no values)
    with progress_callback(copy.stat().st_size, "packing") as report:
        archive.add(DATABASE_FILE, copy, report)
    return {"database": "sqlite", "revision": revision, "tables": tables, "sequences": {}}


def _copy_to(target: sqlite3.Connection) -> None:
    """Copy in steps; an open read transaction keeps the snapshot while others write."""
    with _raw() as source:
        source.execute("BEGIN")
        try:
            (pages,) = source.execute("PRAGMA page_count").fetchone()  # the first read takes the snapshot
            with progress_callback(pages, "copying") as report:
                source.backup(
                    target, pages=PAGES_PER_STEP, progress=lambda status, left, total: report(total - left)
                )
        finally:
            source.execute("ROLLBACK")


def _drop_triggers(target: sqlite3.Connection) -> None:
    """Drop the triggers: the migrations create them, and an archive with triggers is refused."""
    for (name,) in target.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        target.execute(f'DROP TRIGGER "{name}"')
    target.commit()


def _columns(database: sqlite3.Connection, part: str) -> dict[str, list[str]]:
    """The columns of the tables of a schema (main or attached) by table.

    Without SQLite's own tables and that of the migration.
    """
    names = [
        name
        for (name,) in database.execute(
            f"SELECT name FROM {part}.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "  # noqa: S608  (no values)
            "ESCAPE '\\' AND name <> ? ORDER BY name",
            (schema.VERSION_TABLE,),
        )
    ]
    return {
        name: [row[0] for row in database.execute("SELECT name FROM pragma_table_info(?, ?)", (name, part))]
        for name in names
    }


def _count(database: sqlite3.Connection, table: str) -> int:
    return database.execute(f'SELECT count(*) FROM main."{table}"').fetchone()[0]  # noqa: S608  (no values)


def is_empty() -> bool:
    """Whether the database has no tables."""
    with _raw() as database:
        return database.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


def clear() -> None:
    """Replace the file by an empty one: on a full disk tables cannot be dropped."""
    path = Path(db.engine.url.database or "")
    db.engine.dispose()
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.touch(mode=0o600)


def load(archive: Archive, folder: Path) -> None:
    """Fill the tables, which have the archive's revision. Raises BackupError, also when half is copied."""
    copy = folder / DATABASE_FILE
    archive.unpack(DATABASE_FILE, copy)
    with _raw() as database:
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "foreign_keys=OFF"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("ATTACH ? AS archive", (str(copy),))
        usual_limit = database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_ROW_BYTES)
        try:
            _load(database, archive)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in CORRUPTION_CODES:
                raise BackupError(_("The database of the archive is damaged: %(why)s", why=error)) from error
            raise
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, usual_limit)
            database.execute("DETACH archive")
            database.execute("PRAGMA foreign_keys=ON")
    shutil.rmtree(folder)


def _load(database: sqlite3.Connection, archive: Archive) -> None:
    if (found := database.execute("PRAGMA archive.integrity_check(1)").fetchone()) != ("ok",):
        raise BackupError(_("The database of the archive is damaged: %(why)s", why=found[0]))
    if database.execute("SELECT 1 FROM archive.sqlite_schema WHERE coalesce(rootpage, 0) = 0").fetchone():
        raise BackupError(_("The database of the archive contains more than tables and indexes."))
    tables = _columns(database, "main")
    archive.require_tables(tables)
    database.execute("BEGIN IMMEDIATE")
    with progress(list(tables.items()), len(tables), "loading") as each:
        for name, columns in each:
            listed = ", ".join(f'"{column}"' for column in columns)
            database.execute(f'INSERT INTO main."{name}" ({listed}) SELECT {listed} FROM archive."{name}"')  # noqa: S608  (no values)
            archive.require_rows(name, _count(database, name))
    if database.execute("PRAGMA main.foreign_key_check").fetchone():
        raise BackupError(_("Rows of the archive refer to rows that are missing."))
    database.execute("COMMIT")
