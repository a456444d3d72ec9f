"""What an import brings reaches the index, also when the import is killed halfway.

The news is promised in the transaction that first brings something, due some seconds later, and put off
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

NAME = "import.finished"
PATIENCE = 300  # seconds to wait for another process that is writing the index


class News:
    """The news of one import from `source`."""

    def __init__(self, source: str):
        self.source, self.promised, self.importer = source, None, uuid.uuid4().hex

    def held(self) -> AbstractContextManager[None]:
        """While inside, what was promised is put off."""
        ours = (Event.name == NAME, Event.done_at.is_(None), Event.claimed_by == self.importer)
        return claims.renewing_claim(update(Event).where(*ours), "due_at")

    def promise(self) -> None:
        """Say, in the open transaction, that something came; later calls renew the term."""
        due = utcnow() + claims.TERM
        if _put_off(due, Event.id == self.promised):
            return
        event = events.record(NAME, source=self.source, changed=1, due_at=due)
        event.claimed_by = self.importer
        db.session.flush()
        self.promised = event.id

    def tell(self) -> bool:
        """Let the news be heard now, a killed import's too; whether it has been, by us or by a worker."""
        _put_off(utcnow(), Event.name == NAME)
        if self.promised is None and db.session.scalar(_waiting(Event.name == NAME)):
            self.promise()  # whoever has claimed the old news may be dead: it is not waited for
            _put_off(utcnow(), Event.id == self.promised)
        db.session.commit()
        until = time.monotonic() + PATIENCE
        while True:
            events.drain()
            with read_transaction():
                waiting = db.session.scalar(_waiting(Event.id == self.promised))
            if waiting is None or time.monotonic() > until:
                return waiting is None
            time.sleep(0.2)


def _waiting(*which) -> Select:
    """One of the events that nobody has heard yet."""
    return select(Event.id).where(*which, Event.done_at.is_(None)).limit(1)


def _put_off(due: datetime, *which) -> int:
    """Set when the waiting news among `which` is due; returns how many there are."""
    return db.session.execute(
        update(Event)
        .where(*which, Event.done_at.is_(None))
        .values(due_at=due)
        .execution_options(synchronize_session=False)
    ).rowcount
