"""What an import brings reaches the index, also when the import is killed halfway.

The news is event_id in the transaction that first brings something, due some seconds later, and put off
again and again while the import runs; its end makes it due at once. A killed import puts off nothing.
"""

import time
import uuid
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Select, select, update

from core.database.db import db, read_transaction, utcnow
from core.database.models import Event
from core.jobs import claims, events

EVENT_NAME = "import.finished"
INDEX_TIMEOUT_SECONDS = 300  # seconds to wait for another process that is writing the index


class ImportEvent:
    """The news of one import from `source`."""

    def __init__(self, source: str):
        self.source, self.event_id, self.importer = source, None, uuid.uuid4().hex

    def deferred(self) -> AbstractContextManager[None]:
        """While inside, what was event_id is put off."""
        ours = (Event.name == EVENT_NAME, Event.done_at.is_(None), Event.claimed_by == self.importer)
        return claims.renewing_claim(update(Event).where(*ours), "due_at")

    def schedule(self) -> None:
        """Say, in the open transaction, that something came; later calls renew the term."""
        due = utcnow() + claims.CLAIM_DURATION
        if _reschedule(due, Event.id == self.event_id):
            return
        event = events.record(EVENT_NAME, source=self.source, changed=1, due_at=due)
        event.claimed_by = self.importer
        db.session.flush()
        self.event_id = event.id

    def deliver(self) -> bool:
        """Let the news be heard now, a killed import's too; whether it has been, by us or by a worker."""
        _reschedule(utcnow(), Event.name == EVENT_NAME)
        if self.event_id is None and db.session.scalar(_pending(Event.name == EVENT_NAME)):
            self.schedule()  # whoever has claimed the old news may be dead: it is not waited for
            _reschedule(utcnow(), Event.id == self.event_id)
        db.session.commit()
        until = time.monotonic() + INDEX_TIMEOUT_SECONDS
        while True:
            events.drain()
            with read_transaction():
                waiting = db.session.scalar(_pending(Event.id == self.event_id))
            if waiting is None or time.monotonic() > until:
                return waiting is None
            time.sleep(0.2)


def _pending(*which) -> Select:
    """One of the events that nobody has heard yet."""
    return select(Event.id).where(*which, Event.done_at.is_(None)).limit(1)


def _reschedule(due: datetime, *which) -> int:
    """Set when the waiting news among `which` is due; returns how many there are."""
    return db.session.execute(
        update(Event)
        .where(*which, Event.done_at.is_(None))
        .values(due_at=due)
        .execution_options(synchronize_session=False)
    ).rowcount
