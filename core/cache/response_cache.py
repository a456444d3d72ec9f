"""The shortest way for a page that is asked for again: the same answer to the same request, before Flask.

A process remembers the finished answers of page_cache.py under everything that a page may depend on, as it
was sent: address and headers, unread. It gives them again while the version of the content is the same.
Whoever has a session or a token, and every doubt, goes the ordinary way (docs/decisions/0008).
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, Response, current_app, g, request
from sqlalchemy import Dialect
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.http import parse_etags

from core.cache.page_cache import HEAD, READY, VERSION, cache, version_of
from core.cache.page_memory import MemoryPages
from core.database.db import db, read_only
from core.observability import logs, metrics

READY_BYTES = 8_000_000  # of one process
SEEN = (
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
BODILY = {"content-type", "content-length", "content-encoding", "x-request-id"}  # not of a 304


@dataclass(frozen=True)
class Ready:
    """An answer with status 200; `size` is how many bytes it takes with its key, about."""

    version: str
    size: int
    endpoint: str
    route: str
    body: bytes
    headers: list[tuple[str, str]]
    etag: str


class ReadyPages:
    """The answers of one site in this process."""

    def __init__(self, app: Flask):
        self.app, self.pages = app, MemoryPages(READY_BYTES, READY)
        with app.app_context():
            self.file = _File(db.engine.url.database) if db.engine.dialect.name == "sqlite" else None

    def answer(self, environ: dict, start_response: Callable) -> Iterable[bytes] | None:
        """The answer to a request, begun; None when it has to go the ordinary way."""
        page = self.pages.get(_key(environ))
        if page is None or _is_personal(self.app, environ):
            return None
        began = time.perf_counter()
        version, asked = self._version()
        if version != page.version:
            return None
        is_known = parse_etags(environ.get("HTTP_IF_NONE_MATCH")).contains_weak(page.etag)
        status, body = ("304 NOT MODIFIED", b"") if is_known else ("200 OK", page.body)
        headers = [pair for pair in page.headers if not (is_known and pair[0].lower() in BODILY)]
        number = logs.id_from(self.app, environ.get("HTTP_X_REQUEST_ID", ""))
        start_response(status, [*headers, ("X-Request-ID", number)])
        seconds = time.perf_counter() - began
        metrics.note_ready(page.endpoint, status[:3], seconds, asked)
        logs.tell(
            self.app,
            lambda: {
                "request": number,
                "method": "GET",
                "endpoint": page.endpoint,
                "route": page.route,
                "status": int(status[:3]),
                "ms": round(seconds * 1000, 1),
                "queries": asked,
                "bytes": len(body),
                "page": "ready",
            },
        )
        return [body]

    def _version(self) -> tuple[str | None, int]:
        """The version of the content now, and how many queries that took.

        The version is None when the ordinary way has to say what is wrong.
        """
        try:
            return self.file.version(self._ask) if self.file else (self._ask(), 1)
        except (SQLAlchemyError, sqlite3.Error):
            return None, 1

    def _ask(self) -> str:
        """The version, from a server that the page may have come from."""
        replicas = self.app.extensions["replicas"]
        with self.app.app_context(), read_only():
            engine = (replicas and replicas.choose()) or db.engine
            with engine.connect() as connection:
                return version_of(connection.exec_driver_sql(_question(engine.dialect)).one())

    def remember(self, response: Response) -> Response:
        """Keep the answer to this request if it is a kept page, whole, and as everybody would get it."""
        version = g.pop("kept_version", None)
        if (
            version is None
            or response.status_code != 200
            or request.method != "GET"
            or response.is_streamed
            or "Set-Cookie" in response.headers
        ):
            return response
        key, body = _key(request.environ), response.get_data()
        self.pages.set(
            key,
            Ready(
                version,
                HEAD + len(body) + sum(map(len, key)),
                request.endpoint,
                request.url_rule.rule,
                body,
                list(response.headers),
                response.get_etag()[0] or "",
            ),
        )
        return response


class _File:
    """SQLite's file: whether anything was written since it was last asked costs next to nothing to know."""

    def __init__(self, path: str):
        self.path, self.lock = path, threading.Lock()
        self.connection: sqlite3.Connection | None = None
        self.written, self.known = -1, ""

    def version(self, ask: Callable[[], str]) -> tuple[str, int]:
        """What `ask` said of the content, asked again only after some other connection has written; and
        how often it was asked now.

        https://www.sqlite.org/pragma.html#pragma_data_version; this connection never writes.
        """
        with self.lock:
            if self.connection is None:
                self.connection = sqlite3.connect(self.path, check_same_thread=False)
            # Read to its end: a statement left open would see this moment for ever.
            ((written,),) = self.connection.execute("PRAGMA data_version").fetchall()
            asked = int(written != self.written)
            if asked:  # noted before asking: what is written meanwhile shows next time
                self.known, self.written = ask(), written
            return self.known, asked

    def close(self) -> None:
        """Let go of the file; the next question opens what is there then."""
        with self.lock:
            if self.connection is not None:
                self.connection.close()
            self.connection, self.written = None, -1


@lru_cache
def _question(dialect: Dialect) -> str:
    """What asks for the version, made into text once."""
    return str(VERSION.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _key(environ: dict) -> tuple:
    return tuple(environ.get(name, "") for name in SEEN)


def _is_personal(app: Flask, environ: dict) -> bool:
    session = app.config["SESSION_COOKIE_NAME"]
    return "HTTP_AUTHORIZATION" in environ or session in environ.get("HTTP_COOKIE", "")


def forget() -> None:
    """Forget all pages of the current app, kept and ready, and which file they came from."""
    cache.clear()
    ready = current_app.extensions["ready_pages"]
    ready.pages.clear()
    if ready.file:
        ready.file.close()


def init_app(app: Flask) -> None:
    """Look at every answer when it is finished: after all that others do to it."""
    app.extensions["ready_pages"] = pages = ReadyPages(app)
    app.after_request(pages.remember)
