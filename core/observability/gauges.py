"""Gauges, measured on request: queues, workers, memory, the search index; every package registers its own.

`/metrics` and the API show the same values; the hourly maximum of some is stored for /admin.
"""

import logging
from collections.abc import Callable, Iterator
from typing import NamedTuple

from core.database.db import db, read_transaction
from core.registry import Registry

log = logging.getLogger(__name__)


class Gauge(NamedTuple):
    """A current value: `name` with its unit in snake case, `help` for /metrics."""

    name: str
    help: str
    value: float


Source = Callable[[], Iterator[Gauge]]
_sources: Registry[Source, str] = Registry("gauges")  # name by source


def register_gauges(source: Source) -> Source:
    """Decorator: register a source of gauges; it must be fast, with indexed queries."""
    _sources.add(source, source.__qualname__)
    return source


def collect() -> list[Gauge]:
    """The gauges of all sources; a failing source (the database is unavailable) is logged and omitted."""
    found: list[Gauge] = []
    for source in _sources:
        try:
            with read_transaction():
                found += source()
        except Exception as error:
            db.session.rollback()
            log.warning("no readings of %s: %s", source.__qualname__, type(error).__name__)
    return found
