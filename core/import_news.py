"""What an import brings reaches the index, also when the import is killed halfway.

The news is promised in the transaction that first brings something, due some time later; the end
of the import makes it due at once. A killed import's promise falls due by itself.
"""

import time
from datetime import datetime, timedelta

from sqlalchemy import select, update

from core import events
from core.db import db, reading, utcnow
from core.models import Event

NAME = "import.finished"
PROMISED_FOR = timedelta(minutes=20)
PATIENCE = 300  # seconds to wait for another process that is writing the index


class News:
    """The news of one import from `source`."""

    def __init__(self, source: str):
        self.source, self.promised = source, None

    def promise(self) -> None:
        """Say, in the open transaction, that something came; later calls renew the term."""
        due = utcnow() + PROMISED_FOR
        if _put_off(due, Event.id == self.promised):
            return
        event = events.record(NAME, source=self.source, changed=1, due_at=due)
        db.session.flush()
        self.promised = event.id

    def tell(self) -> bool:
        """Let all promised news be heard now; whether it has been, by us or by a running worker."""
        _put_off(utcnow(), Event.name == NAME)
        db.session.commit()
        until = time.monotonic() + PATIENCE
        while True:
            events.drain()
            with reading():
                waiting = db.session.scalar(select(Event.id).where(Event.name == NAME,
                                                                   Event.done_at.is_(None)))
            if waiting is None or time.monotonic() > until:
                return waiting is None
            time.sleep(0.2)


def _put_off(due: datetime, *which) -> int:
    """Set when the waiting news among `which` is due; returns how many there are."""
    return db.session.execute(
        update(Event).where(*which, Event.done_at.is_(None)).values(due_at=due)
        .execution_options(synchronize_session=False)).rowcount
