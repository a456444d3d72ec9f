"""Hourly sums and maxima of metrics, of all processes on all hosts, for 90 days.

A thread of each process adds the counts of the last minute. It is for sites without Prometheus, which has
more detail.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import case, delete, select

from core.database.db import db, insert, utcnow
from core.database.models import HourlyMetric
from core.observability import gauges, metrics
from core.registry import Registry

log = logging.getLogger(__name__)
INTERVAL_SECONDS = 60
RETENTION = timedelta(days=90)
Totals = Callable[[], dict[str, float]]
_totals: Registry[Totals, str] = Registry("totals")  # name by source
_peaks: Registry[str, str] = Registry("peaks")  # names of gauges


def register_totals(totals: Totals) -> Totals:
    """Decorator: store hourly sums of the function's values, which are counters of this process."""
    _totals.add(totals, totals.__qualname__)
    return totals


register_totals(metrics.totals)


def register_peak(name: str) -> None:
    """Store the hourly maximum of a gauge."""
    _peaks.add(name, name)


class History:
    """The thread of one process that writes the metrics, and the totals that it wrote last."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.written = _current_totals(app)
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread unless it runs."""
        if self.thread is None:
            self.thread = threading.Thread(target=self._loop, name="redoubt-history", daemon=True)
            self.thread.start()

    def _loop(self) -> None:
        never_set = threading.Event()
        while not never_set.wait(INTERVAL_SECONDS):
            with self.app.app_context():
                try:
                    self.write()
                except Exception as error:  # the counts are written with those of the next minute
                    db.session.rollback()
                    log.warning("no history of this minute: %s", type(error).__name__)

    def write(self) -> None:
        """Add the counts since the last call to the current hour, and update the maxima; commits."""
        counted = _current_totals(self.app)
        peaks = {each.name: each.value for each in gauges.collect() if each.name in _peaks}
        grown = {name: value - self.written.get(name, 0) for name, value in counted.items()}
        hour = utcnow().replace(minute=0, second=0, microsecond=0)
        _write(hour, {name: value for name, value in grown.items() if value}, lambda old, new: old + new)
        _write(hour, peaks, lambda old, new: case((new > old, new), else_=old))
        db.session.commit()
        self.written = counted


def _current_totals(app: Flask) -> dict[str, float]:
    return {name: value for totals in _totals.of(app) for name, value in totals().items()}


def _write(hour: datetime, values: dict[str, float], join: Callable) -> None:
    if not values:
        return
    rows = insert(HourlyMetric).values(
        [{"hour": hour, "name": name, "value": value} for name, value in sorted(values.items())]
    )
    db.session.execute(
        rows.on_conflict_do_update(
            index_elements=["hour", "name"], set_={"value": join(HourlyMetric.value, rows.excluded.value)}
        )
    )


def since(start: datetime, *names: str) -> dict[datetime, dict[str, float]]:
    """The values by name, by hour from `start` on; a name that ends in a colon is a prefix."""
    wanted = [
        HourlyMetric.name.startswith(name, autoescape=True)
        if name.endswith(":")
        else HourlyMetric.name == name
        for name in names
    ]
    found: dict[datetime, dict[str, float]] = {}
    for hour, name, value in db.session.execute(
        select(HourlyMetric.hour, HourlyMetric.name, HourlyMetric.value).where(
            HourlyMetric.hour >= start, db.or_(*wanted)
        )
    ):
        found.setdefault(hour, {})[name] = value
    return found


def delete_old_metrics() -> None:
    """Delete metrics older than RETENTION. Does not commit."""
    db.session.execute(delete(HourlyMetric).where(HourlyMetric.hour < utcnow() - RETENTION))


def init_app(app: Flask) -> None:
    """Create the history; web processes and workers start its thread."""
    app.extensions["history"] = History(app)
