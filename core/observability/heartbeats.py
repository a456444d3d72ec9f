"""Heartbeats of workers: each of their loops updates a row at the end of a round."""

import logging
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import delete, func, select

from core.database.db import db, insert, utcnow
from core.database.models import Heartbeat
from core.observability.gauges import Gauge, register_gauges

log = logging.getLogger(__name__)
HEARTBEAT_INTERVAL = timedelta(seconds=30)
DEAD_AFTER = timedelta(minutes=3)
HEARTBEAT_RETENTION = timedelta(days=1)


class HeartbeatWriter:
    """Writes the heartbeat of one loop; call it after each round."""

    def __init__(self, app: Flask, loop: str) -> None:
        self.app = app
        self.loop = loop
        self.last: datetime | None = None

    def __call__(self) -> None:
        """Write the row once per HEARTBEAT_INTERVAL; errors are logged, not raised."""
        now = utcnow()
        if self.last is not None and now - self.last < HEARTBEAT_INTERVAL:
            return
        self.last = now
        with self.app.app_context():
            try:
                record_heartbeat(self.app.extensions["event_worker"], self.loop)
                db.session.commit()
            except Exception:
                db.session.rollback()
                log.exception("worker: no heartbeat of %s", self.loop)


def record_heartbeat(worker: str, loop: str) -> None:
    """Write the end of a round of a loop of this worker. Does not commit."""
    row = {"host": socket.gethostname()[:100], "beaten_at": utcnow()}
    db.session.execute(
        insert(Heartbeat)
        .values(worker=worker, loop=loop, **row)
        .on_conflict_do_update(index_elements=["worker", "loop"], set_=row)
    )


def newest() -> dict[str, datetime]:
    """The end of the last round of any worker (aware, UTC), by loop."""
    rows = db.session.execute(select(Heartbeat.loop, func.max(Heartbeat.beaten_at)).group_by(Heartbeat.loop))
    return dict(row.tuple() for row in rows)


def delete_old_heartbeats() -> None:
    """Delete the rows of workers that ended long ago. Does not commit."""
    db.session.execute(delete(Heartbeat).where(Heartbeat.beaten_at < utcnow() - HEARTBEAT_RETENTION))


@register_gauges
def workers() -> Iterator[Gauge]:
    """The number of running workers, and the time since the last round of each loop."""
    now = utcnow()
    alive = db.session.scalars(
        select(func.count(func.distinct(Heartbeat.worker))).where(Heartbeat.beaten_at > now - DEAD_AFTER)
    ).one()
    yield Gauge("workers", "Workers that finished a round recently.", alive)
    for loop, beaten_at in newest().items():
        yield Gauge(
            f"worker_{loop}_last_round_seconds",
            f"Time since the last round of the loop {loop}.",
            (now - beaten_at).total_seconds(),
        )
