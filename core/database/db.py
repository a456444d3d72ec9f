"""The database: one handle, UTC times, SQLite made safe, PostgreSQL unchanged.

On SQLite a transaction that may write starts with BEGIN IMMEDIATE: two deferred readers that
both decide to write would lose an update or fail at once (docs/decisions/0005).
"""

import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from flask import Flask, g, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    URL,
    CursorResult,
    DateTime,
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

from core.database import replicas

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
LOCK_TIMEOUT_SECONDS = 15  # seconds
POOL_SIZE = 12  # kept open by a process: its eight web threads and the worker's
# A server that vanished is noticed within seconds, not when the operating system gives up (libpq's names).
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
    """Base of all models; fixes constraint names so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    if TYPE_CHECKING:
        __table__: ClassVar[Table]


class Database(SQLAlchemy):
    """Flask-SQLAlchemy, with the type of its models."""

    if TYPE_CHECKING:
        Model = Base  # what SQLAlchemy makes of model_class, for type checkers


db = Database(model_class=Base, session_options={"expire_on_commit": False, "class_": replicas.RoutedSession})
_is_reading: ContextVar[bool] = ContextVar("reading", default=False)
_is_writing: ContextVar[bool] = ContextVar("writing", default=False)
_fixed_time: ContextVar[datetime | None] = ContextVar("moment", default=None)


def changed_rows(statement: Executable) -> int:
    """Execute an UPDATE, DELETE or INSERT in the session's transaction; returns how many rows it changed.

    Objects that the session holds are not brought up to date.
    """
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return cast(CursorResult, result).rowcount


def utcnow() -> datetime:
    """The present moment, aware, in UTC. The one clock of the site; only at() sets it."""
    return _fixed_time.get() or datetime.now(UTC)


@contextmanager
def clock_set_to(moment: datetime) -> Iterator[None]:
    """What is done inside happens at `moment`: for the demo community's past, and for tests.

    Rows take their moment when they are flushed, so the block flushes before it ends.
    """
    token = _fixed_time.set(moment)
    try:
        yield
        db.session.flush()
    finally:
        _fixed_time.reset(token)


class JSONText(TypeDecorator):
    """A JSON value in a column of text, for columns that began as text: the release before reads them too."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value, dialect):
        """To the database."""
        return None if value is None else json.dumps(value)

    def process_result_value(self, value, dialect):
        """From the database."""
        return None if value is None else json.loads(value)


class UTCDateTime(TypeDecorator):
    """A moment in UTC. Refuses naive datetimes; always returns aware ones."""

    impl = DateTime(timezone=True)
    cache_ok = True
    python_type = datetime

    def process_bind_param(self, value: datetime | None, dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: say which time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@contextmanager
def read_only() -> Iterator[None]:
    """Transactions that begin inside take no writer's lock."""
    token = _is_reading.set(True)
    try:
        yield
    finally:
        _is_reading.reset(token)


@contextmanager
def read_transaction() -> Iterator[None]:
    """A short transaction that only reads and does not take the writer's lock.

    Used before slow work (argon2, Markdown) in a request that will write later. Only at the start
    of a unit of work: what is pending in the session is committed with it.
    """
    with read_only():
        yield
        db.session.commit()


@contextmanager
def read_without_flush() -> Iterator[None]:
    """A query in the open transaction, without a flush; if none is open, in one like reading()."""
    if db.session().in_transaction() or db.session.new or db.session.dirty:
        with db.session.no_autoflush:
            yield
    else:
        with read_transaction():
            yield


@contextmanager
def write_transaction() -> Iterator[None]:
    """A transaction that may write, in a request that otherwise only reads (a GET); commits at its end.

    Only where nothing is pending in the session: what was read before is let go of.
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
    """reading() in which every query sees the same moment; on SQLite they always do."""
    with read_transaction():
        if db.engine.dialect.name == "postgresql":
            db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield


def lock_rows(entity, ids: Iterable[int | None]) -> None:
    """Take rows in the order of their ids and hold them until the transaction ends.

    New rows may still refer to them meanwhile. SQLite's one writer holds everything already.
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
    """Whether `error` only says that another transaction was faster: a second try is fair.

    A broken unique or foreign key, or PostgreSQL's deadlocks and serialization failures.
    """
    return isinstance(error, IntegrityError) or (
        isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in ("40001", "40P01")
    )


def may_write() -> bool:
    """Whether the transaction that begins now may write: no for GET pages and inside reading()."""
    if _is_reading.get():
        return False
    return _is_writing.get() or not (has_request_context() and request.method in SAFE_METHODS)


def analyze_tables() -> None:
    """Let the planner learn how large the tables are: else SQLite takes the wrong index for many lists.

    Whole, for a sample leads it astray; a million posts take eight seconds.
    """
    with db.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def write_immediately(statement) -> None:
    """Run one small UPDATE as a transaction of its own, in a request that otherwise may only read.

    Safe on SQLite because the transaction's first statement is the write: it waits for the lock
    before it reads. Only where nothing is pending in the session.
    """
    db.session.execute(statement.execution_options(synchronize_session=False))
    db.session.commit()


def insert(model) -> sqlite.Insert | postgresql.Insert:
    """INSERT that may say what becomes of a row that is there already (`on_conflict_do_update`)."""
    return (sqlite if db.engine.dialect.name == "sqlite" else postgresql).insert(model)


def _prepare_sqlite(engine: Engine) -> None:
    """Safe pragmas, our own BEGIN, and one writer at a time among the threads of this process.

    SQLite lets who waits for its lock sleep and try again: beside seven busy threads the eighth may
    never be the lucky one. A lock of ours wakes the next in turn.
    """
    turn = threading.Lock()

    @event.listens_for(engine, "connect")
    def connect(connection, record):
        connection.isolation_level = None  # we send BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={LOCK_TIMEOUT_SECONDS * 1000}",
            "temp_store=MEMORY",
            "cache_size=-16000",
            "secure_delete=ON",
        ):  # deleted text is overwritten: backups copy free pages too
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection):
        writes = may_write()
        if writes and not connection.info.get("has_turn"):
            connection.info["has_turn"] = turn.acquire(timeout=LOCK_TIMEOUT_SECONDS)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    @event.listens_for(engine, "checkin")
    def checkin(connection, record):
        if record.info.pop("has_turn", False):
            turn.release()


def _address(url: str) -> URL:
    """A database's address with our driver, and with our patience where it names none."""
    address = make_url(url)
    if address.get_backend_name() != "postgresql":
        return address
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    return address.update_query_dict({k: v for k, v in KEEPALIVE_OPTIONS.items() if k not in address.query})


def init_app(app: Flask) -> None:
    """Bind the database and the replicas named by the settings; a SQLite file is made with mode 0600."""
    url = app.config["REDOUBT_DATABASE_URL"]
    if not url:
        path = Path(app.config["REDOUBT_INSTANCE"]) / "redoubt.db"
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        url = f"sqlite:///{path}"
    address = _address(url)
    options = {
        "pool_size": POOL_SIZE,
        "pool_pre_ping": address.get_backend_name() == "postgresql",
        "hide_parameters": True,
    }  # errors are logged, what people sent is not
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
