"""Whole pages for visitors, kept until anything is written.

Every change of content records an event in its own transaction (law 1), so the numbers of the newest
events are the version of all content: a page made at that version is what would be made now. Only imports
write much with few events; their rows show when a page is LONGEST old. Kept are only pages of views that
ask for it, for people without session and token, and only when they set no cookie. Version and page are
read from one server, be it a replica.
"""

import gzip
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

import brotli
from flask import Flask, Response, current_app, g, make_response, request, session
from flask_babel import get_locale
from flask_caching import Cache
from flask_compress import Compress
from sqlalchemy import Row, func, select
from werkzeug.http import parse_accept_header

from core.database.db import db
from core.database.models import Event
from core.database.replicas import by_visitor
from core.observability import metrics
from core.web.error_answers import wants_json
from core.web.theme import theme

LONGEST, READY = 50, 10  # seconds, together a minute: pages say how long ago things were
KEPT_BYTES = 24_000_000  # of one process
HEAD = 2_000  # bytes that a page takes beside its body, about
LATE = 200  # events: so many may be numbered between an event's own numbering and its commit
WORTH_PACKING = 500  # bytes
cache = Cache()
_newest = select(Event.id).order_by(Event.id.desc()).limit(LATE).subquery()
# The newest event's number, that of the one LATE before it, and how many lie between. PostgreSQL's
# transactions end in another order than they took their numbers: an event that comes in below the newest
# moves one of these.
VERSION = select(func.max(_newest.c.id), func.min(_newest.c.id), func.count())
_turns = [threading.Lock() for _ in range(64)]


@dataclass(frozen=True)
class Page:
    """A finished answer; `bodies` is its body by encoding (RFC 9110, 8.4.1), as it is ("") if it is short."""

    version: str
    bodies: dict[str, bytes]
    headers: list[tuple[str, str]]
    etag: str

    @property
    def size(self) -> int:
        """Bytes it takes, about."""
        return HEAD + sum(map(len, self.bodies.values()))

    def body(self, encoding: str) -> bytes:
        """The body in an encoding that it is kept in, or as it is: nearly nobody asks for that."""
        return self.bodies[encoding] if encoding in self.bodies else gzip.decompress(self.bodies["gzip"])


def init_app(app: Flask) -> None:
    """Pages are kept in memory, or in Redis that several processes share; other answers are packed anew."""
    redis = app.config["REDOUBT_REDIS_URL"]
    cache.init_app(
        app,
        {
            "CACHE_TYPE": "core.cache.page_store.RedisPages"
            if redis
            else "core.cache.page_memory.MemoryPages",
            "CACHE_REDIS_URL": redis,
            "CACHE_BYTES": KEPT_BYTES,
            "CACHE_DEFAULT_TIMEOUT": LONGEST,
        },
    )
    app.config["COMPRESS_LEVEL"] = 4  # of gzip, which no browser of today prefers; 6 takes twice the time
    Compress(app)  # before others register: what is registered first runs last
    app.before_request(_hear_refusals)


def _hear_refusals() -> None:
    """An encoding of weight 0 is refused (RFC 9110, 12.5.3); Flask-Compress 1.25 would send it."""
    if "q=0" in (header := request.headers.get("Accept-Encoding", "").lower()):
        asked = parse_accept_header(header)
        wanted = [f"{name};q={weight}" for name, weight in asked if weight]
        if len(wanted) < len(asked):
            request.environ["HTTP_ACCEPT_ENCODING"] = ", ".join(wanted)


def cached_for_visitors(view: Callable) -> Callable:
    """A view (below its route) whose pages are the same for all visitors."""

    @wraps(view)
    def answer(**arguments):
        if not by_visitor():
            return view(**arguments)
        version, key = version_of(db.session.execute(VERSION).one()), _key()
        page, outcome = _look(key, version)
        metrics.note_page(outcome)
        if page is None:
            with _turns[hash(key) % len(_turns)]:  # one makes it, those who wait take it
                page, _outcome = _look(key, version)
                if page is None:
                    response = make_response(view(**arguments))
                    if not _may_be_kept(response):
                        return response
                    page = _page(version, response)
                    cache.set(key, page)
        g.kept_version = version
        return _send(page)

    return answer


def version_of(row: Row) -> str:
    """The version that VERSION has found, as text."""
    return "{}-{}-{}".format(*row)


def _key() -> str:
    """What a page depends on besides the content: address, host, language, theme, form."""
    parts = (
        request.method,
        request.host_url,
        request.full_path,
        str(get_locale()),
        theme(),
        str(wants_json()),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _look(key: str, version: str) -> tuple[Page | None, str]:
    """(the page as it was kept at this version of the content, what was found in the cache)."""
    page = cache.get(key)
    if page is None:
        return None, "miss"
    return (page, "hit") if page.version == version else (None, "stale")


def _may_be_kept(response: Response) -> bool:
    """A whole answer that begins no session (a form's token does) and sets no cookie."""
    return (
        response.status_code == 200
        and not response.is_streamed
        and not g.get("private_page")
        and not session
        and "Set-Cookie" not in response.headers
    )


def _page(version: str, response: Response) -> Page:
    body = response.get_data()
    bodies = {"": body}
    if len(body) > WORTH_PACKING:
        bodies = {"br": brotli.compress(body, quality=5), "gzip": gzip.compress(body, 6, mtime=0)}
    headers = [(name, value) for name, value in response.headers if name != "Content-Length"]
    return Page(version, bodies, headers, hashlib.sha256(body).hexdigest()[:24])


def _send(page: Page) -> Response:
    encoding = request.accept_encodings.best_match(filter(None, page.bodies)) or ""
    response = Response(page.body(encoding), headers=page.headers)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.vary.update(["Accept-Encoding", "Accept-Language", "Cookie"])
    response.set_etag(page.etag, weak=True)
    if seconds := current_app.config["REDOUBT_EDGE_SECONDS"]:  # browsers still ask every time
        response.headers["Cache-Control"] = f"public, s-maxage={seconds}, max-age=0, must-revalidate"
    return response.make_conditional(request)
