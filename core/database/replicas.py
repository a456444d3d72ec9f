"""Read replicas: they serve the reads of visitors while they keep up with the primary.

A visitor without session or token has written nothing that could be missing; members read the primary and so
see their own writes. A request reads from one server only. When a replica lacks a row or fails, the request
reads the primary (docs/decisions/0420).
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from flask import Flask, current_app, g, has_request_context, request
from flask_sqlalchemy.session import Session
from sqlalchemy import TextClause, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
CHECK_SECONDS = 0.5  # between two checks of a server
MAX_LAG_SECONDS = 2.0  # behind the primary
RESULT_TTL_SECONDS = 3.0  # how long a check counts: a hanging server answers no check
PRIMARY_POSITION = text("SELECT pg_current_wal_lsn() - '0/0'")
REPLICA_POSITION = text("SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() - '0/0' END")


class Replicas:
    """The replicas of one site, and which of them may be read."""

    def __init__(self, primary: Engine, engines: list[Engine]) -> None:
        self.primary = primary
        self.engines = engines
        self.written: deque[int] = deque(maxlen=int(MAX_LAG_SECONDS / CHECK_SECONDS))
        self.good_until = dict.fromkeys(engines, 0.0)
        self.start_lock = threading.Lock()
        self.is_watching = False

    def choose(self) -> Engine | None:
        """A random replica among those that keep up; None when there is none."""
        self._start_watching()
        good = [engine for engine in self.engines if self.good_until[engine] > time.monotonic()]
        return random.choice(good) if good else None  # noqa: S311  (not for security)

    def leave_out(self, engine: Engine) -> None:
        """Do not read this replica until it passes a check again."""
        self.good_until[engine] = 0.0

    def written_now(self) -> int:
        """The current position in bytes in the primary's write-ahead log. Raises DBAPIError."""
        return _position(self.primary, PRIMARY_POSITION) or 0

    def behind(self, engine: Engine, written: int) -> int | None:
        """How many bytes a replica is behind the position `written`; None when the server is no replica.

        Raises DBAPIError.
        """
        replayed = _position(engine, REPLICA_POSITION)
        return None if replayed is None else max(0, written - replayed)

    def _start_watching(self) -> None:
        """Start the checks with the first request: threads do not survive a fork."""
        with self.start_lock:
            if not self.is_watching:
                self.is_watching = True
                checks = [self._note_position, *(partial(self._check, engine) for engine in self.engines)]
                for check in checks:
                    threading.Thread(target=_run_forever, args=(check,), daemon=True).start()

    def _note_position(self) -> None:
        """Remember the primary's current position; the last ones stay while it is unreachable."""
        self.written.append(self.written_now())

    def _check(self, engine: Engine) -> None:
        """Allow a replica that has replayed what was written MAX_LAG_SECONDS ago; not a promoted one."""
        replayed = _position(engine, REPLICA_POSITION)
        if replayed is None or not self.written or replayed < self.written[0]:
            self.leave_out(engine)
        else:
            self.good_until[engine] = time.monotonic() + RESULT_TTL_SECONDS


def _position(engine: Engine, query: TextClause) -> int | None:
    with engine.connect() as connection:
        position = connection.scalar(query)
    return None if position is None else int(position)


def _run_forever(check: Callable[[], None]) -> None:
    while True:
        with suppress(DBAPIError):  # the result of the last check expires by itself
            check()
        time.sleep(CHECK_SECONDS)


class RoutedSession(Session):
    """A session that reads from a replica in requests that may use one."""

    def get_bind(self, mapper: Any = None, clause: Any = None, bind: Any = None, **kwargs: Any) -> Any:
        """The replica of this request if it has one, else the engine that Flask-SQLAlchemy chooses."""
        return bind or _replica() or super().get_bind(mapper=mapper, clause=clause, **kwargs)

    def close(self) -> None:
        """End the transaction; a server that died after its last response has nothing to roll back."""
        try:
            super().close()
        except DBAPIError as error:
            log.warning("a database went away: %s", type(error.orig).__name__)


def is_visitor_read() -> bool:
    """Whether this request only reads, and has neither session nor token."""
    return (
        request.method in ("GET", "HEAD")
        and "Authorization" not in request.headers
        and current_app.config["SESSION_COOKIE_NAME"] not in request.cookies
    )


def _replica() -> Engine | None:
    """The replica that this request reads, chosen at the first query."""
    replicas = current_app.extensions["replicas"]
    if replicas is None or not has_request_context() or not is_visitor_read():
        return None
    if "replica" not in g:
        g.replica = replicas.choose()
    return g.replica


def switch_to_primary(error: DBAPIError | None = None) -> bool:
    """Read the primary in the rest of this request; returns False if it did already.

    A replica that did not respond at all is left out.
    """
    engine = g.get("replica")
    if engine is None:
        return False
    if error is not None and getattr(error.orig, "sqlstate", None) is None:
        current_app.extensions["replicas"].leave_out(engine)
    g.replica = None
    return True


def init_app(app: Flask, primary: Engine, engines: list[Engine]) -> None:
    """Attach the replicas that the settings name."""
    app.extensions["replicas"] = Replicas(primary, engines) if engines else None
