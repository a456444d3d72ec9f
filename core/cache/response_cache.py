"""The same response to a repeated request, before Flask: for visitors' pages that page_cache.py has cached.

A process stores finished responses under every part of the request that a page may depend on, as it was sent:
address and headers, unparsed. It sends them again while nothing that they show has changed. Requests with a
session or a token, and all doubtful cases, are passed on to Flask (docs/decisions/0008).
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, Response, current_app, g, request
from sqlalchemy import Dialect, Select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.http import parse_etags

from core.cache.dependencies import CONTENT_VERSION, NEWEST_EVENTS, ChangeLog, Dependencies, Snapshot
from core.cache.memory_cache import MemoryCache
from core.cache.page_cache import OVERHEAD_BYTES, RESPONSE_TTL_SECONDS, page_store
from core.database.db import db, read_only
from core.observability import logs, metrics

RESPONSE_CACHE_BYTES = 8_000_000  # of one process
KEY_FIELDS = (
    "REQUEST_METHOD",
    "wsgi.url_scheme",
    "HTTP_HOST",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "HTTP_COOKIE",
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_ACCEPT_ENCODING",
)
BODY_HEADERS = {"content-type", "content-length", "content-encoding", "x-request-id"}  # not sent with a 304


@dataclass(frozen=True)
class CachedResponse:
    """A response with status 200; `size` is how many bytes it takes with its key, about."""

    snapshot: Snapshot
    dependencies: Dependencies
    rendered_at: float  # seconds since 1970, UTC
    size: int
    endpoint: str
    route: str
    body: bytes
    headers: list[tuple[str, str]]
    etag: str


class ResponseCache:
    """The cached responses of `app` in this process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.change_log: ChangeLog = app.extensions["change_log"]
        self.responses: MemoryCache[CachedResponse] = MemoryCache(RESPONSE_CACHE_BYTES, RESPONSE_TTL_SECONDS)
        self.sqlite_version: _SQLiteVersion | None = None
        with app.app_context():
            if db.engine.dialect.name == "sqlite":
                self.sqlite_version = _SQLiteVersion(db.engine.url.database or "")

    def respond(self, environ: dict, start_response: Callable) -> Iterable[bytes] | None:
        """The cached response to a request, started; None when Flask has to make it."""
        cached = self.responses.get(_key(environ))
        if cached is None or _is_personal(self.app, environ):
            return None
        began = time.perf_counter()
        query_count = self.follow_events()
        if query_count is None or not self._is_current(cached):
            return None
        is_known = parse_etags(environ.get("HTTP_IF_NONE_MATCH")).contains_weak(cached.etag)
        status = "304 NOT MODIFIED" if is_known else "200 OK"
        body = b"" if is_known else cached.body
        headers = [pair for pair in cached.headers if not (is_known and pair[0].lower() in BODY_HEADERS)]
        request_id = logs.id_from(self.app, environ.get("HTTP_X_REQUEST_ID", ""))
        start_response(status, [*headers, ("X-Request-ID", request_id)])
        seconds = time.perf_counter() - began
        metrics.count_cached_response(cached.endpoint, status[:3], seconds, query_count)
        logs.log_facts(
            self.app,
            lambda: {
                "request": request_id,
                "method": "GET",
                "endpoint": cached.endpoint,
                "route": cached.route,
                "status": int(status[:3]),
                "ms": round(seconds * 1000, 1),
                "queries": query_count,
                "bytes": len(body),
                "page": "ready",
            },
        )
        return [body]

    def _is_current(self, cached: CachedResponse) -> bool:
        return self.change_log.is_current(
            cached.snapshot,
            cached.dependencies,
            max(0, time.time() - cached.rendered_at),
            self.app.config["REDOUBT_LIST_SECONDS"],
        )

    def follow_events(self) -> int | None:
        """Add new events to the change log; returns how many queries it took.

        None when the database fails: then Flask makes the error page.
        """
        try:
            if self.sqlite_version is not None:
                return self.sqlite_version.after_writes(self._read_events)
            return self._read_events()
        except (SQLAlchemyError, sqlite3.Error):
            return None

    def _read_events(self) -> int:
        """Read the events from a server that the page may have come from; returns the number of queries."""
        replicas = self.app.extensions["replicas"]
        with self.app.app_context(), read_only():
            engine = (replicas and replicas.choose()) or db.engine
            with engine.connect() as connection:
                known, _snapshot = self.change_log.latest
                if known is not None:
                    row = connection.exec_driver_sql(_sql(CONTENT_VERSION, engine.dialect)).one()
                    if tuple(row) == known:
                        return 1
                self.change_log.add(
                    map(tuple, connection.exec_driver_sql(_sql(NEWEST_EVENTS, engine.dialect)))
                )
                return 2

    def store(self, response: Response) -> Response:
        """Store the response to this request if it is a complete page of the page cache."""
        page = g.pop("cached_page", None)
        if (
            page is None
            or response.status_code != 200
            or request.method != "GET"
            or response.is_streamed
            or "Set-Cookie" in response.headers
        ):
            return response
        key = _key(request.environ)
        body = response.get_data()
        self.responses.set(
            key,
            CachedResponse(
                snapshot=page.snapshot,
                dependencies=page.dependencies,
                rendered_at=page.rendered_at,
                size=OVERHEAD_BYTES + len(body) + sum(map(len, key)),
                endpoint=request.endpoint or "",
                route=request.url_rule.rule if request.url_rule else "",
                body=body,
                headers=list(response.headers),
                etag=response.get_etag()[0] or "",
            ),
        )
        return response

    def clear(self) -> None:
        """Remove all responses, and close the SQLite file: the next request opens what is there then."""
        self.responses.clear()
        self.change_log.reset()
        if self.sqlite_version is not None:
            self.sqlite_version.close()


class _SQLiteVersion:
    """Tells whether another connection has written to a SQLite file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None
        self.data_version = -1

    def after_writes(self, read: Callable[[], int]) -> int:
        """What `read` returns if anything was written since the last call, else 0.

        https://www.sqlite.org/pragma.html#pragma_data_version; this connection never writes.
        """
        with self.lock:  # also while reading: nobody may rely on what is still being read
            if self.connection is None:
                self.connection = sqlite3.connect(self.path, check_same_thread=False)
            # Fetch all rows: a statement left open would hold its snapshot for ever.
            ((data_version,),) = self.connection.execute("PRAGMA data_version").fetchall()
            if data_version == self.data_version:
                return 0
            found = read()  # data_version was read before: a write between them shows next time
            self.data_version = data_version
            return found

    def close(self) -> None:
        """Close the file; the next get() opens what is there then."""
        with self.lock:
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            self.data_version = -1


@lru_cache
def _sql(statement: Select, dialect: Dialect) -> str:
    """A statement without parameters as SQL text."""
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _key(environ: dict) -> tuple[str, ...]:
    return tuple(environ.get(name, "") for name in KEY_FIELDS)


def _is_personal(app: Flask, environ: dict) -> bool:
    session = app.config["SESSION_COOKIE_NAME"]
    return "HTTP_AUTHORIZATION" in environ or session in environ.get("HTTP_COOKIE", "")


def clear() -> None:
    """Clear all caches of pages and their parts of the current app."""
    page_store().clear()
    current_app.extensions["fragments"].clear()
    current_app.extensions["shared_pages"].clear()
    current_app.extensions["response_cache"].clear()


def init_app(app: Flask) -> None:
    """Store responses when they are finished: after all other functions that change them."""
    app.extensions["response_cache"] = cache = ResponseCache(app)
    app.after_request(cache.store)
