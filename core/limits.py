"""Limits on how often: what writes at all through Flask-Limiter, log-in, reset and mail through the database.

Counts in a process's memory multiply by the number of processes, so what guards passwords and
mailboxes is counted in a table. The wide limit on writing keeps programs from taking all threads; it is
counted in Redis, and in memory while Redis is gone.
"""

from datetime import timedelta

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from sqlalchemy import delete, func, select

from core.db import SAFE_METHODS, db, utcnow
from core.models import Attempt

WRITES = "600/minute"  # of one address
WAIT = {"socket_connect_timeout": 0.3, "socket_timeout": 0.5}  # seconds, for Redis
OLDEST = timedelta(days=2)
limiter = Limiter(key_func=get_remote_address, application_limits=[WRITES], strategy="moving-window",
                  application_limits_exempt_when=lambda: request.method in SAFE_METHODS,
                  in_memory_fallback_enabled=True)


class TooMany(Exception):
    """A limit was reached; `seconds` is how long to wait."""

    def __init__(self, seconds: int):
        super().__init__(seconds)
        self.seconds = seconds


def init_app(app: Flask) -> None:
    """Requests are counted in memory, or in Redis when several processes share it."""
    app.config["RATELIMIT_ENABLED"] = app.config["REDOUBT_RATE_LIMITS"]
    app.config["RATELIMIT_STORAGE_URI"] = app.config["REDOUBT_REDIS_URL"] or "memory://"
    app.config["RATELIMIT_STORAGE_OPTIONS"] = WAIT if app.config["REDOUBT_REDIS_URL"] else {}
    app.config["RATELIMIT_HEADERS_ENABLED"] = True
    limiter.init_app(app)


def limit(name: str, who: object, times: int, seconds: int) -> None:
    """Count one attempt at `name` by `who`; raises TooMany after `times` within `seconds`."""
    if not current_app.config["REDOUBT_RATE_LIMITS"]:
        return
    key = f"{name}:{who}"[:160]
    take_turn(key)
    now = utcnow()
    since = now - timedelta(seconds=seconds)
    count, first = db.session.execute(
        select(func.count(), func.min(Attempt.created_at))
        .where(Attempt.key == key, Attempt.created_at > since)).one()
    if count >= times:
        raise TooMany(max(1, int((first - since).total_seconds())))
    db.session.add(Attempt(key=key))


def take_turn(key: str) -> None:
    """Let what is done under one key happen one after the other, until each commits; SQLite does anyway."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def forget_old() -> None:
    """Drop attempts no limit looks at any more. Does not commit."""
    db.session.execute(delete(Attempt).where(Attempt.created_at < utcnow() - OLDEST))
