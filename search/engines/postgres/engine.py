"""The engine in PostgreSQL tables: one row names the active index; writers lock it, readers never block."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, NestedTransaction, Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import InternalError, ProgrammingError

from core.database.db import db
from search.engines.base import DocumentLoader, Unavailable
from search.engines.postgres import schema, writing
from search.engines.postgres.index import Index
from search.fields import TEXTS, Document
from search.models import ActiveIndex

log = logging.getLogger(__name__)
MAX_READER_WAITS = 100
READER_WAIT_SECONDS = 0.1
REBUILD_LOCK_ID = 0x7EAD0B7  # key of the advisory lock held during a rebuild
MAX_AVERAGE_DRIFT = 0.25  # share by which average lengths may differ from those used at the last rebuild
MIN_DRIFT_DOCUMENTS = 1000  # drift is ignored in a smaller index
DAMAGE_ERRORS = (ProgrammingError, InternalError)  # a missing table, a broken database index
active_index = ActiveIndex.__table__
SEARCH_SETTINGS_SQL = (
    "SELECT set_config('jit', 'off', true), set_config('enable_seqscan', 'off', true), "
    "set_config('plan_cache_mode', 'force_custom_plan', true)"
)


class Engine:
    """The index of the site in its PostgreSQL database."""

    @contextmanager
    def view(self, hidden: Iterable[str] = ()) -> Iterator[Index]:
        """Open the active index without the keys in `hidden`; raises Unavailable, also inside the block.

        The tables are read within a savepoint, begun on first use: after an error the caller's transaction
        goes on, and the settings for searching end with the savepoint.
        """
        connection = db.session.connection()
        savepoint: list[NestedTransaction] = []
        active = _get_active(connection)

        def connect() -> Connection:
            if not savepoint:
                savepoint.append(connection.begin_nested())
                connection.exec_driver_sql(SEARCH_SETTINGS_SQL)
            return connection

        try:
            yield Index(connect, active, hidden)
        except DAMAGE_ERRORS as error:
            if not savepoint:
                raise
            savepoint[0].rollback()
            self._discard(active.name)
            raise Unavailable(repr(error.orig)) from error
        finally:
            if savepoint and savepoint[0].is_active:
                savepoint[0].rollback()

    def is_usable(self) -> bool:
        """Whether the index can be read."""
        with db.engine.connect() as connection:
            try:
                _get_active(connection)
            except Unavailable:
                return False
        return True

    def needs_rebuild(self) -> bool:
        """Whether average lengths have drifted from those of the last rebuild, so that ranking is inexact."""
        with db.engine.connect() as connection:
            active = _get_active(connection)
        now = writing.averages_of(active.size, active.lengths)
        return active.size >= MIN_DRIFT_DOCUMENTS and any(
            abs(now[name] / active.averages[name] - 1) > MAX_AVERAGE_DRIFT for name in TEXTS
        )

    def update(self, keys: Iterable[str], load: DocumentLoader, *, purge: bool = False) -> None:
        """Update the documents of these keys: `load` returns those that still exist.

        One transaction locks the row of the active index before `load` reads until all is written, so no
        count is lost and writers cannot deadlock. `purge` needs no extra work: rows are deleted.
        """
        keys = set(keys)
        name = ""
        if not keys:
            return
        try:
            with db.engine.begin() as connection:
                active = _get_active(connection, lock=True)
                name = active.name
                changes = writing.replace_documents(connection, name, keys, load(keys), active.averages)
                _update_totals(connection, active, changes)
        except DAMAGE_ERRORS as error:
            self._discard(name)
            raise Unavailable(repr(error.orig)) from error

    def rebuild(
        self,
        documents: Iterable[Document],
        changed_keys: Callable[[], Iterable[str]],
        load: DocumentLoader,
        *,
        wait: bool = True,
    ) -> int | None:
        """Build a new index, then activate it; see search.engines.base.Engine.rebuild()."""
        with _rebuild_lock(wait) as acquired:
            if not acquired:
                return None
            name = schema.new_name()
            try:
                return _build(name, documents, changed_keys, load)
            finally:
                _remove_unused()

    def wait_for_rebuild(self) -> None:
        """Block until no rebuild is running."""
        with _rebuild_lock(True):
            return

    def _discard(self, name: str) -> None:
        """Deactivate a damaged index; the worker then rebuilds it."""
        log.error("search index %s is damaged", name)
        with db.engine.begin() as connection:
            connection.execute(delete(active_index).where(active_index.c.name == name))


def _get_active(connection: Connection, *, lock: bool = False) -> Row:
    """The row of the active index, after a check that its tables exist; raises Unavailable."""
    table = func.to_regclass(func.concat(f"{schema.SCHEMA}.documents_", active_index.c.name)).label("table")
    wanted = select(active_index, table)
    found = connection.execute(wanted.with_for_update(of=active_index) if lock else wanted).one_or_none()
    if found is None or not schema.is_readable(found.name) or found.table is None:
        raise Unavailable("there is no index of this version")
    return found


def _update_totals(connection: Connection, active: Row, changes: writing.Changes) -> None:
    """Add changes to the totals of the active index; the caller has locked its row."""
    lengths = {name: active.lengths[name] + changes.lengths[name] for name in TEXTS}
    connection.execute(
        update(active_index).values(
            size=active.size + changes.size, lengths=lengths, generation=active.generation + 1
        )
    )


def _build(
    name: str, documents: Iterable[Document], changed_keys: Callable[[], Iterable[str]], load: DocumentLoader
) -> int:
    """Fill and index new tables, apply `changed_keys`, activate them; return the document count."""
    with _autocommit_connection() as connection:
        previous = connection.execute(select(active_index)).one_or_none()
        schema.prepare(connection, name)
        averages = (
            writing.averages_of(previous.size, previous.lengths) if previous and previous.size else None
        )
        averages, totals = writing.fill_tables(connection, name, documents, averages)
        schema.add_indexes(connection, name)
    count = totals.size
    with db.engine.begin() as connection:
        previous = connection.execute(select(active_index).with_for_update()).one_or_none()
        if keys := set(changed_keys()):
            totals.add(writing.replace_documents(connection, name, keys, load(keys), averages))
        row = {
            "name": name,
            "generation": previous.generation + 1 if previous else 1,
            "size": totals.size,
            "lengths": {text: totals.lengths[text] for text in TEXTS},
            "averages": averages,
        }
        connection.execute(
            insert(active_index).values(id=1, **row).on_conflict_do_update(index_elements=["id"], set_=row)
        )
    return count


def _remove_unused() -> None:
    """Drop the tables of all inactive indexes after waiting for transactions that may read them."""
    with _autocommit_connection() as connection:
        used = connection.scalar(select(active_index.c.name))
        swapped = connection.scalar(func.now())
        for _ in range(MAX_READER_WAITS):
            if not connection.scalar(
                select(func.count())
                .select_from(text("pg_stat_activity"))
                .where(
                    text(
                        "datname = current_database() AND state <> 'idle' AND xact_start < :swapped"
                    ).bindparams(swapped=swapped)
                )
            ):
                break
            time.sleep(READER_WAIT_SECONDS)
        for name in schema.all_names(connection) - {used}:
            schema.drop(connection, name)


@contextmanager
def _autocommit_connection() -> Iterator[Connection]:
    """A connection in autocommit mode: no long transaction blocks others."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@contextmanager
def _rebuild_lock(wait: bool) -> Iterator[bool]:
    """Hold the rebuild lock; yields False when another process has it and `wait` is false."""
    with _autocommit_connection() as connection:
        acquire = func.pg_advisory_lock if wait else func.pg_try_advisory_lock
        acquired = connection.scalar(select(acquire(REBUILD_LOCK_ID))) is not False
        try:
            yield acquired
        finally:
            if acquired:
                connection.execute(select(func.pg_advisory_unlock(REBUILD_LOCK_ID)))
