"""Events: rows written in the transaction of a change, delivered later to the handlers of higher packages.

A handler gets a list of events, acts, and commits. It must be idempotent: an event is delivered again when
any of its handlers failed or the process died (at-least-once delivery). While the process lives, no other
process gets its events, however slow a handler is (core.jobs.claims).
"""

import logging
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from flask import Flask, current_app
from sqlalchemy import ColumnElement, or_, select, update

from core.database.db import changed_rows, db, read_transaction, utcnow
from core.database.models import Event
from core.jobs import claims
from core.registry import Registry

Handler = Callable[[list[Event]], None]
BATCH_SIZE = 200
MAX_ATTEMPTS = 12
_handlers: Registry[Handler, tuple[str, ...]] = Registry("event_handlers")  # name patterns by handler
Invalidation = Callable[[Any, Any], Iterable[str]]
_invalidations: Registry[str, Invalidation] = Registry("invalidations")  # by the name of the event
log = logging.getLogger(__name__)


def register_handler(*patterns: str) -> Callable[[Handler], Handler]:
    """Decorator: call the function with the events whose names match one of `patterns` (`answer.*`)."""

    def decorate(handler: Handler) -> Handler:
        _handlers.add(handler, patterns)
        return handler

    return decorate


def register_invalidation(*names: str) -> Callable[[Invalidation], Invalidation]:
    """Decorator: of an event's subject and actor, the function returns the names that the event changes.

    The names are those of cached pages (core.cache.dependencies). An event without a function changes all.
    """

    def decorate(function: Invalidation) -> Invalidation:
        for name in names:
            _invalidations.add(name, function)
        return function

    return decorate


def init_app(app: Flask) -> None:
    """Create the id under which this process claims rows."""
    app.extensions["event_worker"] = uuid.uuid4().hex


def record(
    name: str, *, subject: Any = None, actor: Any = None, due_at: datetime | None = None, **data: object
) -> Event:
    """Write the event `name` about `subject` into the open transaction; returns it, not flushed.

    `subject` and `actor` are model objects with an `id`; `data` must be JSON values. Handlers get the event
    at `due_at` (aware), by default at once.
    """
    if subject is not None and subject.id is None:
        db.session.flush()
    event = Event(
        name=name,
        data=data,
        subject_kind=getattr(subject, "kind", None) or (subject and type(subject).__name__.lower()),
        subject_id=getattr(subject, "id", None),
        actor_id=getattr(actor, "id", None),
    )
    if (invalidation := _invalidations.get(name)) is not None:
        event.invalidates = " ".join(sorted(invalidation(subject, actor)))
    if due_at is not None:
        event.due_at = due_at
    db.session.add(event)
    return event


def _unclaimed(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Event.done_at.is_(None),
        Event.due_at <= now,
        or_(Event.claimed_until.is_(None), Event.claimed_until < now),
    )


def claim() -> list[Event]:
    """Claim up to BATCH_SIZE due events for this process, oldest first; commits.

    The first query does not write, so that an idle worker never blocks SQLite's one writer.
    """
    with read_transaction():
        if db.session.scalar(select(Event.id).where(*_unclaimed(utcnow())).limit(1)) is None:
            return []
    now = utcnow()
    worker_id = current_app.extensions["event_worker"]
    batch = list(
        db.session.scalars(
            select(Event)
            .where(*_unclaimed(now))
            .order_by(Event.id)
            .limit(BATCH_SIZE)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
    )
    for event in batch:
        event.claimed_by = worker_id
        event.claimed_until = now + claims.CLAIM_DURATION
    db.session.commit()
    for event in batch:  # handlers may change the session
        db.session.expunge(event)
    return batch


def run_round() -> int:
    """Claim and deliver one batch; returns the number of events."""
    batch = claim()
    if batch:
        with claims.renewing_claim(update(Event).where(*_claimed_by_me([event.id for event in batch]))):
            failed = _deliver(batch)
            if failed and len(batch) > 1:  # deliver one by one, to find the event that fails
                failed = {}
                for event in batch:
                    failed |= _deliver([event])
        _mark_done(batch, failed)
    return len(batch)


def _claimed_by_me(ids: list[int]) -> tuple[ColumnElement[bool], ...]:
    return (
        Event.id.in_(ids),
        Event.done_at.is_(None),
        Event.claimed_by == current_app.extensions["event_worker"],
    )


def _deliver(batch: list[Event]) -> dict[int, str]:
    """Call every handler with the events it is registered for; returns the errors by event id."""
    failed: dict[int, str] = {}
    for handler, patterns in _handlers.items():
        matching = [e for e in batch if any(fnmatchcase(e.name, p) for p in patterns)]
        if not matching:
            continue
        try:
            handler(matching)
            db.session.commit()
        except Exception as error:
            db.session.rollback()
            log.exception("handler %s failed", handler.__qualname__)
            failed |= {e.id: f"{handler.__qualname__}: {error!r}"[:500] for e in matching}
    return failed


def _mark_done(batch: list[Event], failed: dict[int, str]) -> None:
    now = utcnow()
    done = [e.id for e in batch if e.id not in failed]
    changed_rows(update(Event).where(Event.id.in_(done)).values(done_at=now, claimed_until=None, error=None))
    for event in batch:
        if event.id in failed:
            attempts = event.attempts + 1
            given_up = attempts >= MAX_ATTEMPTS
            changed_rows(
                update(Event)
                .where(*_claimed_by_me([event.id]))
                .values(
                    attempts=attempts,
                    error=failed[event.id],
                    claimed_until=None,
                    due_at=now + timedelta(seconds=min(3600, 2**attempts)),
                    done_at=now if given_up else None,
                )
            )
    db.session.commit()


def drain(rounds: int = 1000) -> int:
    """Deliver until no event is due; returns the number delivered. For commands and tests."""
    total = 0
    for _ in range(rounds):
        count = run_round()
        total += count
        if not count:
            break
    return total
