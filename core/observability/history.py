"""How the site has been: sums and peaks by the hour, of all processes on all hosts, for 90 days.

Each process keeps in a thread what it counted in the last minute. Prometheus has it finer; this is for a
site without one.
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
INTERVAL_SECONDS = 60  # seconds
RETENTION = timedelta(days=90)
Totals = Callable[[], dict[str, float]]
_totals: Registry[Totals, str] = Registry("totals")  # name by source
_peaks: Registry[str, str] = Registry("peaks")  # names of gauges


def register_totals(totals: Totals) -> Totals:
    """Decorator: sum by the hour what the function says of this process; its values only grow."""
    _totals.add(totals, totals.__qualname__)
    return totals


register_totals(metrics.totals)


def register_peak(name: str) -> None:
    """Store the highest value of a gauge by the hour."""
    _peaks.add(name, name)


class History:
    """The thread that writes, and what it wrote last; one for each process."""

    def __init__(self, app: Flask):
        self.app, self.written = app, _current_totals(app)
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it has; returns at once."""
        if self.thread is None:
            self.thread = threading.Thread(target=self._loop, name="redoubt-history", daemon=True)
            self.thread.start()

    def _loop(self) -> None:
        pause = threading.Event()
        while not pause.wait(INTERVAL_SECONDS):
            with self.app.app_context():
                try:
                    self.write()
                except Exception as error:  # it is written with the next minute
                    db.session.rollback()
                    log.warning("no history of this minute: %s", type(error).__name__)

    def write(self) -> None:
        """Add to the hour what was counted since the last time, and the peaks; commits."""
        counted, peaks = (
            _current_totals(self.app),
            {each.name: each.value for each in gauges.collect() if each.name in _peaks},
        )
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


def since(moment: datetime, *names: str) -> dict[datetime, dict[str, float]]:
    """The figures of these names, or all whose names begin with one that ends in a colon, by hour."""
    wanted = [
        HourlyMetric.name.startswith(name, autoescape=True)
        if name.endswith(":")
        else HourlyMetric.name == name
        for name in names
    ]
    found: dict[datetime, dict[str, float]] = {}
    for hour, name, value in db.session.execute(
        select(HourlyMetric.hour, HourlyMetric.name, HourlyMetric.value).where(
            HourlyMetric.hour >= moment, db.or_(*wanted)
        )
    ):
        found.setdefault(hour, {})[name] = value
    return found


def delete_old_metrics() -> None:
    """Drop what is older than is shown. Does not commit."""
    db.session.execute(delete(HourlyMetric).where(HourlyMetric.hour < utcnow() - RETENTION))


def init_app(app: Flask) -> None:
    """The thread is started by whoever serves: app.py, gunicorn.conf.py, a worker."""
    app.extensions["history"] = History(app)
