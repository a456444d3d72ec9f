"""What this process does, counted for Prometheus; the labels are names of our own, never what somebody sent.

Under gunicorn all processes count in files they share: gunicorn.conf.py names the folder before anything
is loaded. Elsewhere the counts are in memory.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from time import perf_counter

from flask import Flask, Response, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

COUNTS = CollectorRegistry()
NO_ROUTE = "none"
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)  # seconds
requests = Histogram(
    "redoubt_request_seconds",
    "Response time, by endpoint and status class.",
    ["endpoint", "status"],
    buckets=BOUNDS,
    registry=COUNTS,
)
queries = Counter(
    "redoubt_queries",
    "Queries sent to the database, by the endpoint that sent them.",
    ["endpoint"],
    registry=COUNTS,
)
query_seconds = Counter("redoubt_query_seconds", "Time these queries took.", ["endpoint"], registry=COUNTS)
pages = Counter(
    "redoubt_page_cache",
    "Pages for visitors: ready, cached (hit), rendered (miss), outdated (stale).",
    ["outcome"],
    registry=COUNTS,
)
searches = Histogram(
    "redoubt_search_seconds",
    "Search time, by whether the index was available.",
    ["outcome"],
    buckets=BOUNDS,
    registry=COUNTS,
)
connections = Gauge(
    "redoubt_database_connections",
    "Database connections in use.",
    multiprocess_mode="livesum",
    registry=COUNTS,
)


@dataclass(slots=True)
class Tally:
    """What one request has cost so far; `page` is what the page cache had for it."""

    began: float = field(default_factory=perf_counter)
    queries: int = 0
    query_seconds: float = 0.0
    query_began: float = 0.0
    page: str = ""

    @property
    def seconds(self) -> float:
        """How long the request has taken."""
        return perf_counter() - self.began


_tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


def tally() -> Tally:
    """The tally of this request."""
    return _tally.get() or Tally()


def note_page(outcome: str) -> None:
    """Count what the page cache had: `hit`, `miss` or `stale`."""
    _counter(pages, outcome).inc()
    if (current := _tally.get()) is not None:
        current.page = outcome


def note_ready(endpoint: str, status: str, seconds: float, asked: int) -> None:
    """Count an answer that was ready, and the queries for the version of the content: one or none."""
    _counter(requests, endpoint, f"{status[0]}xx").observe(seconds)
    _counter(queries, endpoint).inc(asked)
    _counter(pages, "ready").inc()


@cache
def _counter(metric, *labels: str):
    """The counter of these labels: as many as there are endpoints, so each is looked for once."""
    return metric.labels(*labels)


def totals() -> dict[str, float]:
    """This process's requests so far, over all endpoints: by class of status, and answered within a time."""
    found: dict[str, float] = {}
    for sample in requests.collect()[0].samples:
        for name, label in (("_count", "status"), ("_bucket", "le")):
            if sample.name.endswith(name):
                key = f"{label}:{sample.labels[label]}"
                found[key] = found.get(key, 0) + sample.value
    return found


def _begin() -> None:
    _tally.set(Tally())


def _end(response: Response) -> Response:
    done, endpoint = tally(), request.endpoint or NO_ROUTE
    _counter(requests, endpoint, f"{response.status_code // 100}xx").observe(done.seconds)
    if done.queries:
        _counter(queries, endpoint).inc(done.queries)
        _counter(query_seconds, endpoint).inc(done.query_seconds)
    _tally.set(None)
    return response


@event.listens_for(Engine, "before_cursor_execute")
def _query_begins(connection, cursor, statement, parameters, context, many) -> None:
    if (current := _tally.get()) is not None:
        current.query_began = perf_counter()


@event.listens_for(Engine, "after_cursor_execute")
def _query_ends(connection, cursor, statement, parameters, context, many) -> None:
    if (current := _tally.get()) is not None:
        current.queries += 1
        current.query_seconds += perf_counter() - current.query_began


@event.listens_for(Pool, "checkout")
def _connection_taken(connection, record, proxy) -> None:
    connections.inc()


@event.listens_for(Pool, "checkin")
def _connection_returned(connection, record) -> None:
    connections.dec()


def init_app(app: Flask) -> None:
    """Count every request of `app`. Called before what else looks at requests, to see it too."""
    app.before_request(_begin)
    app.after_request(_end)
