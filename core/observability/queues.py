"""What waits: events that rooms have not heard, mail that has not left."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select

from core.database.db import db, utcnow
from core.database.models import Event, OutgoingMail
from core.observability import history
from core.observability.gauges import Gauge, register_gauges

EVENTS_AGE, MAIL_AGE = "events_oldest_seconds", "mail_oldest_seconds"
history.register_peak(EVENTS_AGE)
history.register_peak(MAIL_AGE)


@register_gauges
def events() -> Iterator[Gauge]:
    """Events that are due; what is due later (an embargo) waits rightly."""
    now = utcnow()
    waiting = Event.done_at.is_(None), Event.due_at <= now
    count = db.session.scalar(select(func.count()).select_from(Event).where(*waiting))
    yield Gauge("events_waiting", "Events that are due and not handled yet.", count)
    yield Gauge(
        EVENTS_AGE,
        "Age of the oldest of them.",
        _age(db.session.scalar(select(func.min(Event.due_at)).where(*waiting)), now),
    )
    retried, given_up = db.session.execute(
        select(func.count().filter(Event.done_at.is_(None)), func.count(Event.done_at)).where(
            Event.error.is_not(None)
        )
    ).one()
    yield Gauge("events_retried", "Events that failed and will be tried again.", retried)
    yield Gauge("events_given_up", "Events of the last 30 days that failed permanently.", given_up)


@register_gauges
def mail() -> Iterator[Gauge]:
    """Mail that is due, and mail that nobody will get."""
    now = utcnow()
    waiting = OutgoingMail.sent_at.is_(None), OutgoingMail.failed_at.is_(None)
    count, oldest = db.session.execute(
        select(func.count(), func.min(OutgoingMail.created_at)).where(*waiting)
    ).one()
    yield Gauge("mail_waiting", "Emails not sent yet.", count)
    yield Gauge(MAIL_AGE, "Age of the oldest of them.", _age(oldest, now))
    yield Gauge(
        "mail_given_up",
        "Emails that failed permanently, in total.",
        db.session.scalar(
            select(func.count()).select_from(OutgoingMail).where(OutgoingMail.failed_at.is_not(None))
        ),
    )


def _age(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0
