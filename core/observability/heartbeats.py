"""Whether workers live: each of their loops says in the database, at the end of a round, that it is there."""

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
EVERY = timedelta(seconds=30)
DEAD_AFTER = timedelta(minutes=3)
FORGOTTEN_AFTER = timedelta(days=1)


class Beat:
    """The heartbeat of one loop; call it after each round."""

    def __init__(self, app: Flask, loop: str):
        self.app, self.loop, self.last = app, loop, None

    def __call__(self) -> None:
        """Write the row when EVERY has passed; a database that is away changes nothing but that."""
        now = utcnow()
        if self.last is not None and now - self.last < EVERY:
            return
        self.last = now
        with self.app.app_context():
            try:
                beat(self.app.extensions["event_worker"], self.loop)
                db.session.commit()
            except Exception:
                db.session.rollback()
                log.exception("worker: no heartbeat of %s", self.loop)


def beat(worker: str, loop: str) -> None:
    """Say that a loop of this worker has ended a round. Does not commit."""
    row = {"host": socket.gethostname()[:100], "beaten_at": utcnow()}
    db.session.execute(
        insert(Heartbeat)
        .values(worker=worker, loop=loop, **row)
        .on_conflict_do_update(index_elements=["worker", "loop"], set_=row)
    )


def newest() -> dict[str, datetime]:
    """When any worker last ended a round, by loop."""
    return dict(
        db.session.execute(
            select(Heartbeat.loop, func.max(Heartbeat.beaten_at)).group_by(Heartbeat.loop)
        ).all()
    )


def forget_old() -> None:
    """Drop the rows of workers that are long gone. Does not commit."""
    db.session.execute(delete(Heartbeat).where(Heartbeat.beaten_at < utcnow() - FORGOTTEN_AFTER))


@register_gauges
def workers() -> Iterator[Gauge]:
    """How many workers live, and how long the last round of each loop is over."""
    now = utcnow()
    alive = db.session.scalar(
        select(func.count(func.distinct(Heartbeat.worker))).where(Heartbeat.beaten_at > now - DEAD_AFTER)
    )
    yield Gauge("workers", "Workers that finished a round recently.", alive)
    for loop, beaten_at in newest().items():
        yield Gauge(
            f"worker_{loop}_last_round_seconds",
            f"Time since the last round of the loop {loop}.",
            (now - beaten_at).total_seconds(),
        )
