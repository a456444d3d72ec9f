"""Read replicas: copies of the database that answer visitors' reads while they keep up with the primary.

Who has neither session nor token has written nothing that could be missed; everybody else reads the
primary and so their own writes. A request reads one server only. What a replica does not have, or fails
to answer, the primary is asked for (docs/decisions/0420).
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from flask import Flask, current_app, g, has_request_context, request
from flask_sqlalchemy.session import Session
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
CHECK_SECONDS = 0.5  # seconds between two looks at a server
MAX_LAG_SECONDS = 2.0  # seconds that a replica may be behind
RESULT_TTL_SECONDS = 3.0  # seconds that a finding is believed: who hangs answers no look
PRIMARY_POSITION = text("SELECT pg_current_wal_lsn() - '0/0'")
REPLICA_POSITION = text("SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() - '0/0' END")


class Replicas:
    """The replicas of one site, and which of them may be read now."""

    def __init__(self, primary: Engine, engines: list[Engine]):
        self.primary, self.engines = primary, engines
        self.written: deque[int] = deque(maxlen=int(MAX_LAG_SECONDS / CHECK_SECONDS))
        self.good_until = dict.fromkeys(engines, 0.0)
        self.starting, self.watched = threading.Lock(), False

    def choose(self) -> Engine | None:
        """One of the replicas that keep up; None when there is none."""
        self._watch()
        good = [engine for engine in self.engines if self.good_until[engine] > time.monotonic()]
        return random.choice(good) if good else None

    def leave_out(self, engine: Engine) -> None:
        """Do not read this replica until it answers a look again."""
        self.good_until[engine] = 0.0

    def written_now(self) -> int:
        """How much the primary has written, as a position in its log. Raises DBAPIError."""
        return int(_position(self.primary, PRIMARY_POSITION))

    def behind(self, engine: Engine, written: int) -> int | None:
        """Bytes that a replica has not replayed of what was `written`; None when it is none.

        Raises DBAPIError.
        """
        replayed = _position(engine, REPLICA_POSITION)
        return None if replayed is None else max(0, written - int(replayed))

    def _watch(self) -> None:
        """Begin to look at the servers; not before the first request, which a forked process gets."""
        with self.starting:
            if not self.watched:
                self.watched = True
                for look in (self._mark, *(partial(self._judge, engine) for engine in self.engines)):
                    threading.Thread(target=_run_forever, args=(look,), daemon=True).start()

    def _mark(self) -> None:
        """Remember how much the primary had written at this moment; while it is gone the last stays."""
        self.written.append(_position(self.primary, PRIMARY_POSITION))

    def _judge(self, engine: Engine) -> None:
        """A replica is good when it has what was written LONGEST_LAG ago; who was promoted is none."""
        replayed = _position(engine, REPLICA_POSITION)
        if replayed is None or not self.written or replayed < self.written[0]:
            self.leave_out(engine)
        else:
            self.good_until[engine] = time.monotonic() + RESULT_TTL_SECONDS


def _position(engine: Engine, question) -> int | None:
    with engine.connect() as connection:
        return connection.scalar(question)


def _run_forever(look: Callable[[], None]) -> None:
    while True:
        with suppress(DBAPIError):  # no answer changes nothing: what was found before runs out by itself
            look()
        time.sleep(CHECK_SECONDS)


class RoutedSession(Session):
    """A session that reads from a replica in requests that may."""

    def get_bind(self, mapper=None, clause=None, bind=None, **rest):
        return bind or _replica() or super().get_bind(mapper=mapper, clause=clause, **rest)

    def close(self):
        """End; when the server died after it had answered, there is nothing left to undo."""
        try:
            super().close()
        except DBAPIError as error:
            log.warning("a database went away: %s", type(error.orig).__name__)


def is_visitor_read() -> bool:
    """Whether this request only reads and comes from somebody without session and token."""
    return (
        request.method in ("GET", "HEAD")
        and "Authorization" not in request.headers
        and current_app.config["SESSION_COOKIE_NAME"] not in request.cookies
    )


def _replica() -> Engine | None:
    """The replica that this request reads, chosen once."""
    replicas = current_app.extensions["replicas"]
    if replicas is None or not has_request_context() or not is_visitor_read():
        return None
    if "replica" not in g:
        g.replica = replicas.choose()
    return g.replica


def switch_to_primary(error: DBAPIError | None = None) -> bool:
    """Read the primary in the rest of this request; False when it does already.

    A replica that gave no answer at all is left out.
    """
    engine = g.get("replica")
    if engine is None:
        return False
    if error is not None and getattr(error.orig, "sqlstate", None) is None:
        current_app.extensions["replicas"].leave_out(engine)
    g.replica = None
    return True


def init_app(app: Flask, primary: Engine, engines: list[Engine]) -> None:
    """Attach the replicas named by the settings."""
    app.extensions["replicas"] = Replicas(primary, engines) if engines else None
