"""Whole pages for visitors, cached until what they show is changed (dependencies.py).

Every change of content records an event in its own transaction, so the events that a page's transaction saw
tell which changes it shows. Only imports write much with few events; their rows show after PAGE_TTL_SECONDS
at the latest, and so do the reputations beside names. Only views with @cached_for_visitors are cached, for
requests without session and token, and only when the response sets no cookie. Events and page are read from
one server, which may be a replica.
"""

import gzip
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import Protocol

import brotli
from flask import Flask, Response, current_app, g, make_response, request, session
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_compress import Compress
from werkzeug.http import parse_accept_header

from core.cache import edge
from core.cache.dependencies import (
    CONTENT_VERSION,
    NEWEST_EVENTS,
    ChangeLog,
    Dependencies,
    Snapshot,
)
from core.cache.memory_cache import MemoryCache
from core.database.db import db
from core.database.replicas import is_visitor_read
from core.observability import metrics
from core.web.error_responses import wants_json
from core.web.theme import theme

# Together a minute, after which figures beside names show (reputations): shared pages are parts of pages.
SHARED_TTL_SECONDS = 20
PAGE_TTL_SECONDS = 30
RESPONSE_TTL_SECONDS = 10
PAGE_CACHE_BYTES = 24_000_000  # of one process
OVERHEAD_BYTES = 2_000  # that a page takes beside its body, about
MIN_COMPRESSED_BYTES = 500
_render_locks = [threading.Lock() for _ in range(64)]


@dataclass(frozen=True)
class CachedPage:
    """A finished response. `bodies` is its body by encoding (RFC 9110, 8.4.1); a short one has only "".

    `rendered_at` is in seconds since 1970, UTC.
    """

    snapshot: Snapshot
    dependencies: Dependencies
    rendered_at: float
    bodies: dict[str, bytes]
    headers: list[tuple[str, str]]
    etag: str

    @property
    def size(self) -> int:
        """Approximate size in bytes."""
        return OVERHEAD_BYTES + sum(map(len, self.bodies.values()))

    def body(self, encoding: str) -> bytes:
        """The body in an encoding of `bodies`, or without one, which hardly any client asks for."""
        return self.bodies[encoding] if encoding in self.bodies else gzip.decompress(self.bodies["gzip"])


class PageStore(Protocol):
    """Where cached pages are stored: MemoryCache or RedisCache."""

    def get(self, key: str) -> CachedPage | None:
        """The page stored under `key`, if any."""
        ...

    def set(self, key: str, value: CachedPage) -> bool:
        """Store a page; returns whether it was stored."""
        ...

    def clear(self) -> bool:
        """Remove all pages; returns False when the store cannot be reached."""
        ...


def page_store() -> PageStore:
    """The page cache of the current app."""
    return current_app.extensions["page_cache"]


def init_app(app: Flask) -> None:
    """Cache pages in memory, or in the Redis that several processes share; compress all other responses."""
    url = app.config["REDOUBT_REDIS_URL"]
    if url:
        redis_cache = import_module("core.cache.redis_cache")  # the client takes 6 MB: only where it is used
        app.extensions["page_cache"] = redis_cache.connect(url, app.config["SECRET_KEY"], PAGE_TTL_SECONDS)
    else:
        app.extensions["page_cache"] = MemoryCache[CachedPage](PAGE_CACHE_BYTES, PAGE_TTL_SECONDS)
    app.config["COMPRESS_LEVEL"] = 4  # of gzip, which no current browser prefers; 6 takes twice the time
    Compress(app)  # before others register: what is registered first runs last
    app.before_request(_drop_refused_encodings)


def _drop_refused_encodings() -> None:
    """Remove encodings of weight 0, which are refused (RFC 9110, 12.5.3): Flask-Compress 1.25 sends them."""
    if "q=0" in (header := request.headers.get("Accept-Encoding", "").lower()):
        asked = parse_accept_header(header)
        wanted = [f"{name};q={weight}" for name, weight in asked if weight]
        if len(wanted) < len(asked):
            request.environ["HTTP_ACCEPT_ENCODING"] = ", ".join(wanted)


def cached_for_visitors(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Decorator (below the route) for a view whose pages are the same for all visitors."""

    @wraps(view)
    def cached_view(**arguments: object) -> ResponseReturnValue:
        if not is_visitor_read():
            return view(**arguments)
        snapshot = seen_events()
        key = _key()
        page, outcome = _find(key)
        metrics.count_page(outcome)
        if page is None:
            with _render_locks[hash(key) % len(_render_locks)]:  # one thread renders it, the others reuse it
                page, _outcome = _find(key)
                if page is None:
                    response = make_response(view(**arguments))
                    if not _is_cacheable(response):
                        return response
                    page = _cached_page(snapshot, response)
                    page_store().set(key, page)
        g.cached_page = page
        return _respond(page)

    return cached_view


def change_log() -> ChangeLog:
    """The change log of the current app in this process."""
    return current_app.extensions["change_log"]


def seen_events() -> Snapshot:
    """The events that this request's transaction sees; the change log follows them."""
    known, snapshot = change_log().latest
    if known is not None and tuple(db.session.execute(CONTENT_VERSION).one()) == known:
        return snapshot
    return change_log().add((row.id, row.invalidates) for row in db.session.execute(NEWEST_EVENTS))


def _is_current(page: CachedPage) -> bool:
    """Whether a page is what would be rendered now, as far as the change log of this process knows."""
    age_seconds = max(0, time.time() - page.rendered_at)
    return change_log().is_current(
        page.snapshot, page.dependencies, age_seconds, current_app.config["REDOUBT_LIST_SECONDS"]
    )


def _key() -> str:
    """A hash of what a page depends on besides the content: address, host, language, theme, format."""
    parts = (
        request.method,
        request.host_url,
        request.full_path,
        str(get_locale()),
        theme(),
        str(wants_json()),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _find(key: str) -> tuple[CachedPage | None, str]:
    """The cached page if it is current, and the outcome: `hit`, `stale` or `miss`."""
    page = page_store().get(key)
    if page is None:
        return None, "miss"
    return (page, "hit") if _is_current(page) else (None, "stale")


def _is_cacheable(response: Response) -> bool:
    """Whether it is a complete page that starts no session (a form's token does) and sets no cookie."""
    return (
        response.status_code == 200
        and not response.is_streamed
        and not g.get("private_page")
        and not session
        and "Set-Cookie" not in response.headers
    )


def _cached_page(snapshot: Snapshot, response: Response) -> CachedPage:
    body = response.get_data()
    bodies = {"": body}
    if len(body) > MIN_COMPRESSED_BYTES:
        bodies = {"br": brotli.compress(body, quality=5), "gzip": gzip.compress(body, 6, mtime=0)}
    headers = [(name, value) for name, value in response.headers if name != "Content-Length"]
    dependencies = g.get("page_dependencies", Dependencies())
    etag = hashlib.sha256(body).hexdigest()[:24]
    return CachedPage(snapshot, dependencies, time.time(), bodies, headers, etag)


def _respond(page: CachedPage) -> Response:
    encoding = request.accept_encodings.best_match(filter(None, page.bodies)) or ""
    response = Response(page.body(encoding), headers=page.headers)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.vary.update(["Accept-Encoding", "Accept-Language", "Cookie"])
    response.set_etag(page.etag, weak=True)
    response.headers.update(edge.headers_of(page.dependencies))
    response.make_conditional(request)
    return response
