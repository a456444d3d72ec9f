"""The database: the SQLAlchemy extension, UTC times, kinds of transactions, safe settings for SQLite.

On SQLite a transaction that may write starts with BEGIN IMMEDIATE: of two deferred transactions that both
read and then write, one would fail or overwrite the other's change (docs/decisions/0005).
"""

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from flask import Flask, g, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    URL,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Executable,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    event,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry

from core.database import replicas

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
LOCK_TIMEOUT_SECONDS = 15  # of SQLite's one writer
POOL_SIZE = 12  # connections of a process: its eight web threads and the worker's
# libpq notices a vanished server within seconds instead of the operating system's timeout.
KEEPALIVE_OPTIONS = {
    "connect_timeout": "2",
    "tcp_user_timeout": "3000",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "2",
}
MAX_ID = 2**31 - 1
LOCK_BATCH_SIZE = 1000  # rows locked by one statement
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Base(DeclarativeBase):
    """Base of all models; names constraints so that migrations can refer to them."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    if TYPE_CHECKING:
        __table__: ClassVar[Table]  # pyright: ignore[reportIncompatibleVariableOverride]  (not a FromClause)


class Database(SQLAlchemy):
    """Flask-SQLAlchemy, with the type of its models."""

    if TYPE_CHECKING:
        Model = Base  # what SQLAlchemy makes of model_class, for type checkers


db = Database(model_class=Base, session_options={"expire_on_commit": False, "class_": replicas.RoutedSession})
_is_read_only: ContextVar[bool] = ContextVar("is_read_only", default=False)
_is_writing: ContextVar[bool] = ContextVar("writing", default=False)
_fixed_time: ContextVar[datetime | None] = ContextVar("fixed_time", default=None)


def changed_rows(statement: Executable) -> int:
    """Execute an UPDATE, DELETE or INSERT in the session's transaction; returns the number of changed rows.

    Objects in the session are not refreshed.
    """
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return cast(CursorResult, result).rowcount


def utcnow() -> datetime:
    """The current time, aware, in UTC. The only clock of the site; clock_set_to() changes it."""
    return _fixed_time.get() or datetime.now(UTC)


@contextmanager
def clock_set_to(time: datetime) -> Iterator[None]:
    """Set utcnow() to `time` (aware) within the block: for the demo community's past, and for tests.

    Default times of rows are set when they are flushed, so the session is flushed at the end of the block.
    """
    token = _fixed_time.set(time)
    try:
        yield
        db.session.flush()
    finally:
        _fixed_time.reset(token)


class JSONText(TypeDecorator):
    """A JSON value in a text column, for columns that an older release still reads as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Python value to database value."""
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Database value to Python value."""
        return None if value is None else json.loads(value)


class UTCDateTime(TypeDecorator):
    """An aware datetime in UTC. Binding a naive one raises ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True
    python_type = datetime  # pyright: ignore  (declared as a property)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Python value to database value: naive UTC on SQLite."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: say which time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Database value to Python value: aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@contextmanager
def read_only() -> Iterator[None]:
    """Transactions that begin in the block do not take SQLite's write lock."""
    token = _is_read_only.set(True)
    try:
        yield
    finally:
        _is_read_only.reset(token)


@contextmanager
def read_transaction() -> Iterator[None]:
    """A short transaction that only reads and does not take the write lock.

    Use it before slow work (argon2, Markdown) in a request that writes later, and only at the start of a unit
    of work: pending changes in the session are committed with it.
    """
    with read_only():
        yield
        db.session.commit()


@contextmanager
def read_without_flush() -> Iterator[None]:
    """Query in the open transaction without a flush; if none is open, in a read_transaction()."""
    if db.session().in_transaction() or db.session.new or db.session.dirty:
        with db.session.no_autoflush:
            yield
    else:
        with read_transaction():
            yield


@contextmanager
def write_transaction() -> Iterator[None]:
    """A transaction that may write, in a request that otherwise only reads (GET); commits at its end.

    Only where the session has no pending changes: they are rolled back at the start.
    """
    db.session.rollback()
    g.replica = None  # a replica takes no writes
    token = _is_writing.set(True)
    try:
        yield
        db.session.commit()
    finally:
        db.session.rollback()
        _is_writing.reset(token)


@contextmanager
def read_snapshot() -> Iterator[None]:
    """read_transaction() in which all queries see the same snapshot, as they always do on SQLite."""
    with read_transaction():
        if db.engine.dialect.name == "postgresql":
            db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield


def lock_rows(entity: Any, ids: Iterable[int | None]) -> None:
    """Lock rows of a model in the order of their ids until the transaction ends.

    Rows that refer to them can still be inserted. On SQLite nothing is done: there is only one writer.
    """
    if db.engine.dialect.name == "sqlite":
        return
    wanted = sorted({i for i in ids if i is not None})
    for start in range(0, len(wanted), LOCK_BATCH_SIZE):
        db.session.execute(
            select(entity.id)
            .where(entity.id.in_(wanted[start : start + LOCK_BATCH_SIZE]))
            .order_by(entity.id)
            .with_for_update(key_share=True)
        )


def is_conflict(error: BaseException) -> bool:
    """Whether `error` is a conflict with another transaction, so that a retry may succeed.

    That is a violated unique or foreign key, or PostgreSQL's deadlocks and serialization failures.
    """
    return isinstance(error, IntegrityError) or (
        isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in ("40001", "40P01")
    )


def may_write() -> bool:
    """Whether a transaction that begins now may write: not in a GET request or within read_only()."""
    if _is_read_only.get():
        return False
    return _is_writing.get() or not (has_request_context() and request.method in SAFE_METHODS)


def analyze_tables() -> None:
    """Update the planner's statistics: without them SQLite chooses the wrong index for many lists.

    All rows are read, because samples mislead the planner; a million posts take eight seconds. On SQLite each
    index is a transaction of its own, so that nobody waits for more than one.
    """
    if db.engine.dialect.name != "sqlite":
        _analyze("")
        return
    with read_only(), db.engine.connect() as connection:
        found = connection.execute(text(_ANALYZED_NAMES)).scalars().all()
    for name in found:
        _analyze(name)


_ANALYZED_NAMES = """
    SELECT name FROM sqlite_schema WHERE type = 'index'
    UNION ALL
    SELECT name FROM sqlite_schema AS each
    WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND sql NOT LIKE 'CREATE VIRTUAL%'
    AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'index' AND tbl_name = each.name)
"""


def _analyze(name: str) -> None:
    """Run ANALYZE for an index or a table, or for all ("")."""
    with db.engine.connect() as connection:
        quoted = connection.dialect.identifier_preparer.quote(name) if name else ""
        connection.execute(text(f"ANALYZE {quoted}"))
        connection.commit()


def write_immediately(statement: Executable) -> None:
    """Commit one small UPDATE as a transaction of its own, in a request that otherwise only reads.

    This is safe on SQLite because the write is the first statement: it waits for the lock before it reads.
    Only where the session has no pending changes.
    """
    changed_rows(statement)
    db.session.commit()


def insert(model: Any) -> sqlite.Insert | postgresql.Insert:
    """An INSERT with `on_conflict_do_update` and `on_conflict_do_nothing`, for the current dialect."""
    return (sqlite if db.engine.dialect.name == "sqlite" else postgresql).insert(model)


def _prepare_sqlite(engine: Engine) -> None:
    """Set pragmas, send BEGIN explicitly, and let the threads of this process write one at a time.

    A connection that waits for SQLite's lock sleeps and retries: beside seven busy threads the eighth may
    never get it. A threading.Lock wakes the waiting threads in order.
    """
    write_lock = threading.Lock()

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # BEGIN is sent by begin()
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={LOCK_TIMEOUT_SECONDS * 1000}",
            "temp_store=MEMORY",
            "cache_size=-16000",
            "secure_delete=ON",  # overwrites deleted text: backups copy free pages too
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = may_write()
        if writes and not connection.info.get("has_write_lock"):
            connection.info["has_write_lock"] = write_lock.acquire(timeout=LOCK_TIMEOUT_SECONDS)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    @event.listens_for(engine, "checkin")
    def checkin(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        if record.info.pop("has_write_lock", False):
            write_lock.release()


def _address(url: str) -> URL:
    """A database URL with the driver psycopg, and with KEEPALIVE_OPTIONS where it does not set them."""
    address = make_url(url)
    if address.get_backend_name() != "postgresql":
        return address
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    return address.update_query_dict({k: v for k, v in KEEPALIVE_OPTIONS.items() if k not in address.query})


def init_app(app: Flask) -> None:
    """Bind the database and the replicas that the settings name; a SQLite file is created with mode 0600."""
    url = app.config["REDOUBT_DATABASE_URL"]
    if not url:
        path = Path(app.config["REDOUBT_INSTANCE"]) / "redoubt.db"
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        url = f"sqlite:///{path}"
    address = _address(url)
    options = {
        "pool_size": POOL_SIZE,
        "pool_pre_ping": address.get_backend_name() == "postgresql",
        "hide_parameters": True,  # errors are logged without the values of users
    }
    copies = {
        f"replica{number}": {"url": _address(copy), **options}
        for number, copy in enumerate(app.config["REDOUBT_REPLICA_URLS"])
    }
    app.config["SQLALCHEMY_DATABASE_URI"] = address
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", options)
    app.config["SQLALCHEMY_BINDS"] = copies
    db.init_app(app)
    with app.app_context():
        replicas.init_app(app, db.engine, [db.engines[name] for name in copies])
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine)
