"""The event that tells the search index about an import, also when the import is killed.

It is written in the transaction that first brings something, due some seconds later, and rescheduled while
the import runs; at its end it is made due at once. A killed import does not reschedule its event.
"""

import time
import uuid
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select, update

from core.database.db import changed_rows, db, read_transaction, utcnow
from core.database.models import Event
from core.jobs import claims, events

EVENT_NAME = "import.finished"
INDEX_TIMEOUT_SECONDS = 300  # how long to wait for another process that is writing the index


class ImportEvent:
    """The event of one import from `source`."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.event_id: int | None = None
        self.importer = uuid.uuid4().hex

    def deferred(self) -> AbstractContextManager[None]:
        """Reschedule the event again and again until the block ends."""
        own = (Event.name == EVENT_NAME, Event.done_at.is_(None), Event.claimed_by == self.importer)
        return claims.renewing_claim(update(Event).where(*own), "due_at")

    def schedule(self) -> None:
        """Write the event into the open transaction, or reschedule it."""
        due_at = utcnow() + claims.CLAIM_DURATION
        if _reschedule(due_at, Event.id == self.event_id):
            return
        event = events.record(EVENT_NAME, source=self.source, changed=1, due_at=due_at)
        event.claimed_by = self.importer
        db.session.flush()
        self.event_id = event.id

    def release(self) -> None:
        """Make the event due now, for the worker's loop of events. Does not commit."""
        if self.event_id is not None:
            _reschedule(utcnow(), Event.id == self.event_id)

    def deliver(self) -> bool:
        """Deliver the event now, and those of killed imports; returns whether it was, here or by a worker."""
        _reschedule(utcnow(), Event.name == EVENT_NAME)
        if self.event_id is None and db.session.scalar(_pending(Event.name == EVENT_NAME)):
            self.schedule()  # the process that claimed the older event may be dead: do not wait for it
            _reschedule(utcnow(), Event.id == self.event_id)
        db.session.commit()
        deadline = time.monotonic() + INDEX_TIMEOUT_SECONDS
        while True:
            events.drain()
            with read_transaction():
                pending = db.session.scalar(_pending(Event.id == self.event_id))
            if pending is None or time.monotonic() > deadline:
                return pending is None
            time.sleep(0.2)


def _pending(*conditions: ColumnElement[bool]) -> Select:
    """The id of one of these events that has not been delivered."""
    return select(Event.id).where(*conditions, Event.done_at.is_(None)).limit(1)


def _reschedule(due_at: datetime, *conditions: ColumnElement[bool]) -> int:
    """Set when these undelivered events are due; returns their number."""
    return changed_rows(update(Event).where(*conditions, Event.done_at.is_(None)).values(due_at=due_at))
