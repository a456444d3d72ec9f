"""A whole SQLite database into an archive and back.

Out goes the file itself, copied at one moment while others write. Back come only its rows, into tables that
our own migrations made: a file from elsewhere may hold triggers and views that run what they like.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flask_babel import gettext as _

from core.backup import omissions
from core.backup.archive import Archive, Refused, Writer
from core.cli import progress, progress_to
from core.database import schema
from core.database.db import db

FILE = "database.sqlite"
COPIES = 2  # of the content, which a restore needs: the file, and its rows
DAMAGE = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_TOOBIG,
)
LONGEST_ROW = 64_000_000  # bytes; an index of an archive may hold an expression that makes more
PAGES = 2_000  # copied between two steps of the progress bar


@contextmanager
def _raw() -> Iterator[sqlite3.Connection]:
    """A connection of the site's own, below SQLAlchemy: nothing is begun by itself."""
    connection = db.engine.raw_connection()
    try:
        yield connection.driver_connection
    finally:
        connection.close()


def space_needed() -> int:
    """How much a backup takes at most, in bytes: a copy, and that once more, packed."""
    with _raw() as database:
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    return pages * size * 3 // 2


def dump(archive: Writer, folder: Path) -> dict:
    """Copy the database as it is now into `archive`, by way of `folder`; returns its part of the manifest."""
    copy = folder / FILE
    copy.touch(mode=0o600)
    with closing(sqlite3.connect(copy)) as target:
        _copy_to(target)
        target.execute("PRAGMA secure_delete=ON")  # what is taken out is overwritten
        _drop_triggers(target)
        ours = schema.ours(_columns(target, "main"))
        if omissions.applies(ours.get(omissions.TABLE, [])):
            target.execute(omissions.statement())
            target.commit()
        tables = {name: {"columns": columns, "rows": _count(target, name)} for name, columns in ours.items()}
        (revision,) = target.execute(f"SELECT version_num FROM {schema.VERSION}").fetchone()
    with progress_to(copy.stat().st_size, "packing") as tell:
        archive.add(FILE, copy, tell)
    return {"database": "sqlite", "revision": revision, "tables": tables, "sequences": {}}


def _copy_to(target: sqlite3.Connection) -> None:
    """Copy in steps, all of one moment: a transaction that reads holds it while others write on."""
    with _raw() as source:
        source.execute("BEGIN")
        try:
            (pages,) = source.execute("PRAGMA page_count").fetchone()  # the first read fixes the moment
            with progress_to(pages, "copying") as tell:
                source.backup(target, pages=PAGES, progress=lambda status, left, total: tell(total - left))
        finally:
            source.execute("ROLLBACK")


def _drop_triggers(target: sqlite3.Connection) -> None:
    """Leave out our triggers: the migrations make them again, and an archive that holds any is refused."""
    for (name,) in target.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        target.execute(f'DROP TRIGGER "{name}"')
    target.commit()


def _columns(database: sqlite3.Connection, part: str) -> dict[str, list[str]]:
    """The tables of a part, main or attached, with their columns; without SQLite's own and the number of the
    migration.
    """
    names = [
        name
        for (name,) in database.execute(
            f"SELECT name FROM {part}.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
            "ESCAPE '\\' AND name <> ? ORDER BY name",
            (schema.VERSION,),
        )
    ]
    return {
        name: [row[0] for row in database.execute("SELECT name FROM pragma_table_info(?, ?)", (name, part))]
        for name in names
    }


def _count(database: sqlite3.Connection, table: str) -> int:
    return database.execute(f'SELECT count(*) FROM main."{table}"').fetchone()[0]


def is_empty() -> bool:
    """Whether the database holds no table at all."""
    with _raw() as database:
        return database.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


def clear() -> None:
    """Begin with a new file: a full disk has no room for dropping tables."""
    path = Path(db.engine.url.database)
    db.engine.dispose()
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.touch(mode=0o600)


def load(archive: Archive, folder: Path) -> None:
    """Fill the tables that the migrations made at the archive's revision. Raises Refused half-way."""
    copy = folder / FILE
    archive.unpack(FILE, copy)
    with _raw() as database:
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "foreign_keys=OFF"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("ATTACH ? AS archive", (str(copy),))
        usual = database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_ROW)
        try:
            _load(database, archive)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in DAMAGE:
                raise Refused(_("The database of the archive is damaged: %(why)s", why=error)) from error
            raise
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, usual)
            database.execute("DETACH archive")
            database.execute("PRAGMA foreign_keys=ON")
    shutil.rmtree(folder)


def _load(database: sqlite3.Connection, archive: Archive) -> None:
    if (found := database.execute("PRAGMA archive.integrity_check(1)").fetchone()) != ("ok",):
        raise Refused(_("The database of the archive is damaged: %(why)s", why=found[0]))
    if database.execute("SELECT 1 FROM archive.sqlite_schema WHERE coalesce(rootpage, 0) = 0").fetchone():
        raise Refused(_("The database of the archive contains more than tables and indexes."))
    ours = _columns(database, "main")
    archive.require_tables(ours)
    database.execute("BEGIN IMMEDIATE")
    with progress(list(ours.items()), len(ours), "loading") as each:
        for name, columns in each:
            listed = ", ".join(f'"{column}"' for column in columns)
            database.execute(f'INSERT INTO main."{name}" ({listed}) SELECT {listed} FROM archive."{name}"')
            archive.require_rows(name, _count(database, name))
    if database.execute("PRAGMA main.foreign_key_check").fetchone():
        raise Refused(_("Rows of the archive refer to rows that are missing."))
    database.execute("COMMIT")
