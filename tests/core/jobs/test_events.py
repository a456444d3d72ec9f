"""Events are heard, by one worker at a time, again when a handler failed, and never block the others."""

import contextvars
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from core.database.db import db, utcnow
from core.database.models import Event
from core.jobs import claims, events
from tests.registries import replace

pytestmark = pytest.mark.every_database
NOON = "2026-03-10 12:00:00+00:00"


@pytest.fixture
def heard(app, monkeypatch):
    """Ids of the `probe.*` events in the order in which a handler heard them; other handlers are off."""
    ids: list[int] = []
    replace(app, monkeypatch, "event_handlers", {lambda batch: ids.extend(e.id for e in batch): ("probe.*",)})
    return ids


def record(count=1, name="probe.made", **more):
    made = [events.record(name, **more) for _ in range(count)]
    db.session.commit()
    return [event.id for event in made]


def row(event_id):
    found = db.session.get(Event, event_id, populate_existing=True)
    db.session.commit()
    return found


def test_what_is_rolled_back_is_never_heard(app, heard, drain):
    events.record("probe.made")
    db.session.rollback()
    drain()
    assert heard == []


def test_every_event_is_heard_once_oldest_first(app, heard, drain):
    ids = record(events.BATCH_SIZE + 5)
    drain()
    drain()
    assert heard == ids
    assert row(ids[0]).done_at is not None


def test_an_event_of_tomorrow_waits(app, heard, drain):
    with time_machine.travel(NOON, tick=False) as clock:
        ids = record(due_at=utcnow() + timedelta(hours=1))
        drain()
        assert heard == []
        clock.shift(3601)
        drain()
    assert heard == ids


def test_a_failure_is_tried_again_later_and_spares_the_others(app, monkeypatch, drain):
    heard, broken = [], []

    def handler(batch):
        if any(event.name == "probe.poison" for event in batch):
            broken.append(len(batch))
            raise RuntimeError("cannot digest this")
        heard.extend(event.id for event in batch)

    replace(app, monkeypatch, "event_handlers", {handler: ("probe.*",)})
    with time_machine.travel(NOON, tick=False) as clock:
        good, (poison,), more = record(2), record(name="probe.poison"), record(2)
        drain()
        assert heard == [*good, *more]
        assert broken == [5, 1], "with the others first, then alone"
        assert row(poison).attempts == 1 and "cannot digest this" in row(poison).error
        for _ in range(events.MAX_ATTEMPTS + 5):
            clock.shift(3601)
            drain()
    assert row(poison).attempts == events.MAX_ATTEMPTS and row(poison).done_at is not None


def test_what_a_failed_handler_wrote_is_undone_and_a_repeat_writes_once(app, monkeypatch, drain):
    tries = []

    def handler(batch):
        events.record("other.written")
        db.session.flush()
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("not yet")

    replace(app, monkeypatch, "event_handlers", {handler: ("probe.*",)})
    with time_machine.travel(NOON, tick=False) as clock:
        record()
        for _ in range(4):
            drain()
            clock.shift(3601)
    assert len(tries) == 3
    assert len(db.session.scalars(select(Event).where(Event.name == "other.written")).all()) == 1


def test_a_handler_may_throw_the_session_away(app, monkeypatch, drain):
    def forgets(batch):
        db.session.expunge_all()
        raise RuntimeError("and fails")

    replace(app, monkeypatch, "event_handlers", {forgets: ("probe.*",)})
    (made,) = record()
    drain()
    assert row(made).attempts == 1


def test_a_dead_workers_events_are_heard_when_its_claim_has_run_out(app, heard, drain):
    with time_machine.travel(NOON, tick=False) as clock:
        ids = record()
        assert [event.id for event in events.claim()] == ids  # and dies
        drain()
        assert heard == []
        clock.shift(claims.CLAIM_DURATION + timedelta(seconds=1))
        drain()
    assert heard == ids


def test_no_other_worker_hears_what_a_slow_handler_still_works_on(app, monkeypatch):
    heard, begun, may_end = [], threading.Event(), threading.Event()

    def slow(batch):
        heard.extend(event.id for event in batch)
        begun.set()
        may_end.wait(30)

    def work():
        with app.app_context():
            events.run_round()

    monkeypatch.setattr(claims, "CLAIM_DURATION", timedelta(seconds=0.5))
    replace(app, monkeypatch, "event_handlers", {slow: ("probe.*",)})
    (made,) = record()
    thread = threading.Thread(target=contextvars.Context().run, args=(work,))
    thread.start()
    begun.wait(30)
    ends = {row(made).claimed_until}
    while len(ends) < 10:  # renewed five times in a claim's time: it would have run out
        assert events.claim() == []
        ends.add(row(made).claimed_until)
    may_end.set()
    thread.join()
    assert heard == [made] and row(made).done_at is not None


def test_who_lost_its_claim_does_not_undo_what_the_other_did(app, heard, drain):
    (made,) = record()
    with time_machine.travel(NOON, tick=False) as clock:
        db.session.execute(db.update(Event).values(due_at=utcnow()))
        db.session.commit()
        batch = events.claim()  # and its process stands still for longer than the claim
        clock.shift(claims.CLAIM_DURATION + timedelta(seconds=1))
        app.extensions["event_worker"], first = "another", app.extensions["event_worker"]
        drain()
        app.extensions["event_worker"] = first
        events._mark_done(batch, {made: "failed at last"})
    assert heard == [made] and row(made).done_at is not None and row(made).attempts == 0


def test_two_workers_never_hear_one_event_twice(app, heard):
    """Both at the same time of a clock that stands still, over and over."""
    ids = record(600)
    ready = threading.Barrier(4)
    faults = []

    def work():
        ready.wait()
        try:
            with app.app_context():
                while events.run_round():
                    pass
        except Exception as error:
            faults.append(error)

    with time_machine.travel(NOON, tick=False):
        db.session.execute(db.update(Event).values(due_at=utcnow()))
        db.session.commit()
        threads = [threading.Thread(target=contextvars.Context().run, args=(work,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []
    assert sorted(heard) == ids
