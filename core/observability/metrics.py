"""Prometheus metrics of this process; labels are fixed names, never values from requests.

Under gunicorn all processes count in shared files: gunicorn.conf.py sets the folder before anything is
imported. Otherwise the counts are in memory.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from time import perf_counter
from typing import Any

from flask import Flask, Response, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

REGISTRY = CollectorRegistry()
NO_ROUTE = "none"
BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
requests = Histogram(
    "redoubt_request_seconds",
    "Response time, by endpoint and status class.",
    ["endpoint", "status"],
    buckets=BUCKETS_SECONDS,
    registry=REGISTRY,
)
queries = Counter(
    "redoubt_queries",
    "Queries sent to the database, by the endpoint that sent them.",
    ["endpoint"],
    registry=REGISTRY,
)
query_seconds = Counter("redoubt_query_seconds", "Time these queries took.", ["endpoint"], registry=REGISTRY)
pages = Counter(
    "redoubt_page_cache",
    "Pages for visitors: ready, cached (hit), rendered (miss), outdated (stale).",
    ["outcome"],
    registry=REGISTRY,
)
searches = Histogram(
    "redoubt_search_seconds",
    "Search time, by whether the index was available.",
    ["outcome"],
    buckets=BUCKETS_SECONDS,
    registry=REGISTRY,
)
connections = Gauge(
    "redoubt_database_connections",
    "Database connections in use.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)


@dataclass(slots=True)
class Tally:
    """The cost of one request so far; `page` is the outcome of the page cache."""

    began: float = field(default_factory=perf_counter)
    queries: int = 0
    query_seconds: float = 0.0
    query_began: float = 0.0
    page: str = ""

    @property
    def seconds(self) -> float:
        """The duration of the request so far."""
        return perf_counter() - self.began


_tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


def tally() -> Tally:
    """The tally of this request."""
    return _tally.get() or Tally()


def count_page(outcome: str) -> None:
    """Count an outcome of the page cache: `hit`, `miss` or `stale`."""
    _counter(pages, outcome).inc()
    if (current := _tally.get()) is not None:
        current.page = outcome


def count_cached_response(endpoint: str, status: str, seconds: float, query_count: int) -> None:
    """Count a request served by the response cache, and its queries for the content version (0 or 1)."""
    _counter(requests, endpoint, f"{status[0]}xx").observe(seconds)
    _counter(queries, endpoint).inc(query_count)
    _counter(pages, "ready").inc()


@cache
def _counter(metric: Any, *labels: str) -> Any:
    """The child of a metric for these labels, cached: there are only as many as endpoints."""
    return metric.labels(*labels)


def totals() -> dict[str, float]:
    """The requests of this process so far, over all endpoints: by class of status, and by duration."""
    found: dict[str, float] = {}
    [metric] = requests.collect()
    for sample in metric.samples:
        for name, label in (("_count", "status"), ("_bucket", "le")):
            if sample.name.endswith(name):
                key = f"{label}:{sample.labels[label]}"
                found[key] = found.get(key, 0) + sample.value
    return found


def _begin() -> None:
    _tally.set(Tally())


def _end(response: Response) -> Response:
    done = tally()
    endpoint = request.endpoint or NO_ROUTE
    _counter(requests, endpoint, f"{response.status_code // 100}xx").observe(done.seconds)
    if done.queries:
        _counter(queries, endpoint).inc(done.queries)
        _counter(query_seconds, endpoint).inc(done.query_seconds)
    _tally.set(None)
    return response


@event.listens_for(Engine, "before_cursor_execute")
def _query_begins(*_arguments: object) -> None:
    if (current := _tally.get()) is not None:
        current.query_began = perf_counter()


@event.listens_for(Engine, "after_cursor_execute")
def _query_ends(*_arguments: object) -> None:
    if (current := _tally.get()) is not None:
        current.queries += 1
        current.query_seconds += perf_counter() - current.query_began


@event.listens_for(Pool, "checkout")
def _connection_taken(*_arguments: object) -> None:
    connections.inc()


@event.listens_for(Pool, "checkin")
def _connection_returned(*_arguments: object) -> None:
    connections.dec()


def init_app(app: Flask) -> None:
    """Count every request of `app`. Call it before other packages add request functions."""
    app.before_request(_begin)
    app.after_request(_end)
