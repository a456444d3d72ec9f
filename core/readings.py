"""What is measured when somebody asks: queues, workers, memory, the index; each room declares its own.

The same readings stand in `/metrics` and in the API; the highest of some are kept by the hour for /admin.
"""

import logging
from collections.abc import Callable, Iterator
from typing import NamedTuple

from core.db import db, reading

log = logging.getLogger(__name__)


class Reading(NamedTuple):
    """A number as it is now: `name` in words_with_units, `help` for who reads /metrics."""

    name: str
    help: str
    value: float


Source = Callable[[], Iterator[Reading]]
_sources: list[Source] = []


def declare(source: Source) -> Source:
    """Let `source` be asked too; it must answer at once, with indexed queries."""
    _sources.append(source)
    return source


def take() -> list[Reading]:
    """All readings; a source that fails (the database is away) is left out and logged."""
    found: list[Reading] = []
    for source in _sources:
        try:
            with reading():
                found += source()
        except Exception as error:
            db.session.rollback()
            log.warning("no readings of %s: %s", source.__qualname__, type(error).__name__)
    return found
