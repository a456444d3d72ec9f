"""A worker whose only handler writes down what it hears: `python -m tests.failures.hearing` until SIGTERM."""

import os
import random
import time

from sqlalchemy import text

from app import create_app
from core.database.db import db
from core.jobs import events, worker


def hear(batch: list[events.Event]) -> None:
    """One row for each event, in a table without any key that could hide a second one."""
    time.sleep(random.uniform(0, 0.05))
    db.session.execute(
        text("INSERT INTO heard VALUES (:event, :worker)"),
        [{"event": event.id, "worker": os.getpid()} for event in batch],
    )


if __name__ == "__main__":
    site = create_app(REDOUBT_WORKER="off")
    events.BATCH_SIZE = 10
    site.extensions["registries"] = {
        "event_handlers": {hear: ("probe.*",)},
        "round_jobs": {events.run_round: worker.EVENTS},
    }
    site.extensions["worker"].run()
