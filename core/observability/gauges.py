"""What is measured when somebody asks: queues, workers, memory, the index; each room declares its own.

The same readings stand in `/metrics` and in the API; the highest of some are kept by the hour for /admin.
"""

import logging
from collections.abc import Callable, Iterator
from typing import NamedTuple

from core.database.db import db, read_transaction
from core.registry import Registry

log = logging.getLogger(__name__)


class Gauge(NamedTuple):
    """A number as it is now: `name` in words_with_units, `help` for who reads /metrics."""

    name: str
    help: str
    value: float


Source = Callable[[], Iterator[Gauge]]
_sources: Registry[Source, str] = Registry("gauges")  # name by source


def register_gauges(source: Source) -> Source:
    """Decorator: a source of gauges; it must answer at once, with indexed queries."""
    _sources.add(source, source.__qualname__)
    return source


def collect() -> list[Gauge]:
    """All readings; a source that fails (the database is away) is left out and logged."""
    found: list[Gauge] = []
    for source in _sources:
        try:
            with read_transaction():
                found += source()
        except Exception as error:
            db.session.rollback()
            log.warning("no readings of %s: %s", source.__qualname__, type(error).__name__)
    return found
