"""The index in tables: one row names those in use; who writes holds that row, who reads never waits."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import InternalError, ProgrammingError

from core.database.db import db
from search.engines.base import Load, Unavailable
from search.engines.postgres import schema, writing
from search.engines.postgres.index import Index
from search.fields import TEXTS, Document
from search.models import IndexInUse

log = logging.getLogger(__name__)
PATIENCE = 100  # tenths of a second
REBUILDING = 0x7EAD0B7  # the number of the lock held by who rebuilds
DRIFT, SOME = 0.25, 1000  # averages so far off, once there are some documents, make ranking inexact
DAMAGE = (ProgrammingError, InternalError)  # a table that is gone, an index that is broken
in_use = IndexInUse.__table__
SEARCHING = (
    "SELECT set_config('jit', 'off', true), set_config('enable_seqscan', 'off', true), "
    "set_config('plan_cache_mode', 'force_custom_plan', true)"
)


class Engine:
    """The index of the site in its PostgreSQL database."""

    @contextmanager
    def view(self, hidden: Iterable[str] = ()) -> Iterator[Index]:
        """The newest state of the index without what is `hidden`; raises Unavailable, also from within.

        Its tables are read within a savepoint, begun when they are first asked: damage leaves the caller's
        transaction whole, and what is set for searching ends with it.
        """
        connection, looking = db.session.connection(), []
        state = _state(connection)

        def look() -> Connection:
            if not looking:
                looking.append(connection.begin_nested())
                connection.exec_driver_sql(SEARCHING)
            return connection

        try:
            yield Index(look, state, hidden)
        except DAMAGE as error:
            if not looking:
                raise
            looking[0].rollback()
            self._distrust(state.name)
            raise Unavailable(repr(error.orig)) from error
        finally:
            if looking and looking[0].is_active:
                looking[0].rollback()

    def is_usable(self) -> bool:
        """Whether the index can be read."""
        with db.engine.connect() as connection:
            try:
                _state(connection)
            except Unavailable:
                return False
        return True

    def is_worn(self) -> bool:
        """Whether words are weighed by averages that are no longer true."""
        with db.engine.connect() as connection:
            state = _state(connection)
        now = writing.averages_of(state.size, state.lengths)
        return state.size >= SOME and any(abs(now[name] / state.averages[name] - 1) > DRIFT for name in TEXTS)

    def update(self, keys: Iterable[str], load: Load, *, purge: bool = False) -> None:
        """Bring the index up to date with what these keys name now: `load` gives those that still exist.

        One transaction holds the row of the index from before `load` reads until all is written: counts
        are never lost, and no two writers wait for each other. `purge` adds nothing: rows are
        deleted.
        """
        keys, name = set(keys), ""
        if not keys:
            return
        try:
            with db.engine.begin() as connection:
                state = _state(connection, lock=True)
                name = state.name
                changes = writing.replace(connection, name, keys, load(keys), state.averages)
                _change(connection, state, changes)
        except DAMAGE as error:
            self._distrust(name)
            raise Unavailable(repr(error.orig)) from error

    def rebuild(
        self,
        documents: Iterable[Document],
        missed: Callable[[], Iterable[str]],
        load: Load,
        *,
        wait: bool = True,
    ) -> int | None:
        """Write a whole new index beside the old one, then swap it in; returns its size.

        What changed meanwhile went to the old index: `missed` names it, and it is read again before the
        swap. None when another rebuild is under way and is not to be waited for.
        """
        with _alone(wait) as alone:
            if not alone:
                return None
            name = schema.new_name()
            try:
                return _build(name, documents, missed, load)
            finally:
                _remove_unused()

    def wait_for_rebuild(self) -> None:
        """Return when no rebuild is under way."""
        with _alone(True):
            return

    def _distrust(self, name: str) -> None:
        """Put a damaged index out of use; the worker will see that there is none."""
        log.error("the index %s is damaged", name)
        with db.engine.begin() as connection:
            connection.execute(delete(in_use).where(in_use.c.name == name))


def _state(connection: Connection, *, lock: bool = False) -> Row:
    """The row of the index in use, whose tables are there; raises Unavailable."""
    there = func.to_regclass(func.concat(f"{schema.SCHEMA}.documents_", in_use.c.name)).label("there")
    wanted = select(in_use, there)
    found = connection.execute(wanted.with_for_update(of=in_use) if lock else wanted).one_or_none()
    if found is None or not schema.is_readable(found.name) or found.there is None:
        raise Unavailable("there is no index of this version")
    return found


def _change(connection: Connection, state: Row, changes: writing.Changes) -> None:
    """Say of the index in use what has changed in the whole; the caller holds its row."""
    lengths = {name: state.lengths[name] + changes.lengths[name] for name in TEXTS}
    connection.execute(
        update(in_use).values(
            size=state.size + changes.size, lengths=lengths, generation=state.generation + 1
        )
    )


def _build(name: str, documents: Iterable[Document], missed: Callable[[], Iterable[str]], load: Load) -> int:
    """Fill new tables, index them, let them hear what was missed, and point to them."""
    with _at_once() as connection:
        before = connection.execute(select(in_use)).one_or_none()
        schema.prepare(connection, name)
        averages = writing.averages_of(before.size, before.lengths) if before and before.size else None
        averages, whole = writing.create(connection, name, documents, averages)
        schema.add_indexes(connection, name)
    count = whole.size
    with db.engine.begin() as connection:
        before = connection.execute(select(in_use).with_for_update()).one_or_none()
        if keys := set(missed()):
            whole.add(writing.replace(connection, name, keys, load(keys), averages))
        row = {
            "name": name,
            "generation": before.generation + 1 if before else 1,
            "size": whole.size,
            "lengths": {text: whole.lengths[text] for text in TEXTS},
            "averages": averages,
        }
        connection.execute(
            insert(in_use).values(id=1, **row).on_conflict_do_update(index_elements=["id"], set_=row)
        )
    return count


def _remove_unused() -> None:
    """Drop the tables of all other indexes, once nobody can be reading there any more."""
    with _at_once() as connection:
        used = connection.scalar(select(in_use.c.name))
        swapped = connection.scalar(func.now())
        for _ in range(PATIENCE):
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
            time.sleep(0.1)
        for name in schema.all_names(connection) - {used}:
            schema.drop(connection, name)


@contextmanager
def _at_once() -> Iterator[Connection]:
    """A connection on which every statement is committed at once: no long transaction holds up others."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@contextmanager
def _alone(wait: bool) -> Iterator[bool]:
    """Keep every other rebuild away; gives False when one is under way and not to `wait` for."""
    with _at_once() as connection:
        take = func.pg_advisory_lock if wait else func.pg_try_advisory_lock
        alone = connection.scalar(select(take(REBUILDING))) is not False
        try:
            yield alone
        finally:
            if alone:
                connection.execute(select(func.pg_advisory_unlock(REBUILDING)))
