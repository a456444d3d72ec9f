"""What a process that died had taken is taken by another within 30 seconds: events, mail, tasks, imports."""

import contextvars
import threading
from datetime import time, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from core.database.db import db, utcnow
from core.database.models import Event, OutgoingMail, TaskRun
from core.jobs import claims, events, worker
from core.jobs.import_events import ImportEvent
from core.mail import mail
from tests.registries import replace

pytestmark = pytest.mark.every_database
NIGHT, TAKEN_OVER = "2026-03-10 03:10:00+00:00", timedelta(seconds=30)


def test_a_claim_and_the_pauses_around_it_are_shorter_than_that():
    longest = claims.CLAIM_DURATION + timedelta(
        seconds=worker.TAKE_OVER_SECONDS + worker.CLOCK_SECONDS + worker.IDLE_SECONDS
    )
    assert longest < TAKEN_OVER - timedelta(seconds=5), "and clocks differ by five seconds at most"


def test_events(app, monkeypatch):
    heard = []
    replace(app, monkeypatch, "event_handlers", {heard.extend: ("probe.*",)})
    with time_machine.travel(NIGHT, tick=False) as clock:
        events.record("probe.made")
        db.session.commit()
        assert len(events.claim()) == 1  # and its process is killed
        clock.shift(TAKEN_OVER)
        events.drain()
    assert len(heard) == 1


@pytest.fixture
def queued(app):
    with time_machine.travel(NIGHT, tick=False):
        db.session.add(OutgoingMail(key="one", recipient="reader@example.org", subject="Hello", body="Words"))
        db.session.commit()


def test_mail(app, queued):
    with time_machine.travel(NIGHT, tick=False) as clock:
        number = db.session.scalar(select(OutgoingMail.id))
        db.session.commit()
        assert mail._claim(number).claimed_by == app.extensions["event_worker"]  # killed
        assert mail.deliver_round() == 0
        clock.shift(TAKEN_OVER)
        assert mail.deliver_round() == 1


def test_mail_is_not_sent_twice_while_a_server_thinks(app, queued, monkeypatch):
    begun, may_end = threading.Event(), threading.Event()
    monkeypatch.setattr(claims, "CLAIM_DURATION", timedelta(seconds=0.5))
    tries = []

    def slow(message, row):
        tries.append(row.id)
        begun.set()
        may_end.wait(30)

    monkeypatch.setattr(mail, "_send", slow)

    def work():
        with app.app_context():
            mail.deliver_round()

    thread = threading.Thread(target=contextvars.Context().run, args=(work,))
    thread.start()
    assert begun.wait(30)
    ends = set()
    while len(ends) < 10:  # twice the term
        assert mail.deliver_round() == 0
        ends.add(db.session.scalar(select(OutgoingMail.claimed_until)))
        db.session.commit()
    may_end.set()
    thread.join()
    assert len(tries) == 1 and db.session.scalar(select(OutgoingMail.sent_at)) is not None


@pytest.fixture
def task(app, monkeypatch):
    """A scheduled task; task.runs counts, task.action is what it does."""

    def tidy():
        tidy.runs += 1
        tidy.action()

    tidy.runs, tidy.action = 0, lambda: None
    tidy.__qualname__ = "tidy_probe"
    replace(app, monkeypatch, "daily_tasks", {tidy: time(3, 10)})
    return tidy


def begin_and_die(task):
    assert worker._claim_run(worker._name(task), worker._last_due(time(3, 10), utcnow()))


def test_a_scheduled_task(app, task):
    with time_machine.travel(NIGHT, tick=False) as clock:
        begin_and_die(task)
        worker.take_over_tasks(app)
        assert task.runs == 0, "its worker may live"
        clock.shift(TAKEN_OVER)
        worker.take_over_tasks(app)
        worker.take_over_tasks(app)
        clock.shift(3600)
        worker.take_over_tasks(app)
    assert task.runs == 1


def test_of_many_workers_one_takes_a_task_over(app, task):
    together = threading.Barrier(6)

    def work():
        together.wait()
        worker.take_over_tasks(app)

    with time_machine.travel(NIGHT, tick=False) as clock:
        begin_and_die(task)
        clock.shift(TAKEN_OVER)
        threads = [threading.Thread(target=contextvars.Context().run, args=(work,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert task.runs == 1


def test_a_task_that_ended_or_failed_is_not_taken_over(app, task, caplog):
    with time_machine.travel(NIGHT, tick=False) as clock:
        worker.run_if_due(app, task, time(3, 10))
        clock.shift(TAKEN_OVER)
        worker.take_over_tasks(app)
        assert task.runs == 1
        clock.shift(24 * 3600)
        task.action = lambda: 1 / 0
        worker.run_if_due(app, task, time(3, 10))
        clock.shift(TAKEN_OVER)
        worker.take_over_tasks(app)
    assert task.runs == 2


def test_a_task_that_kills_its_worker_each_time_is_given_up_until_the_next_night(app, task, caplog):
    with time_machine.travel(NIGHT, tick=False) as clock:
        begin_and_die(task)
        for _ in range(worker.MAX_TRIES + 3):
            clock.shift(TAKEN_OVER)
            if worker._take_over_run(worker._name(task)):
                task.runs += 1
        assert task.runs == worker.MAX_TRIES - 1 and "given up" in caplog.text
        clock.shift(24 * 3600)
        worker.run_if_due(app, task, time(3, 10))
    assert task.runs == worker.MAX_TRIES


def test_a_long_task_is_its_workers_own(app, task, monkeypatch):
    monkeypatch.setattr(claims, "CLAIM_DURATION", timedelta(seconds=0.5))
    begun, may_end = threading.Event(), threading.Event()

    def action():
        begun.set()
        may_end.wait(30)

    task.action = action
    thread = threading.Thread(
        target=contextvars.Context().run, args=(worker.run_if_due, app, task, time(3, 10))
    )
    thread.start()
    assert begun.wait(30)
    ends = set()
    while len(ends) < 10:
        worker.take_over_tasks(app)
        ends.add(db.session.scalar(select(TaskRun.claimed_until)))
        db.session.commit()
    may_end.set()
    thread.join()
    assert task.runs == 1


@pytest.fixture
def heard(app, monkeypatch):
    names = []
    replace(app, monkeypatch, "event_handlers", {lambda batch: names.extend(e.name for e in batch): ("*",)})
    return names


def test_the_news_of_a_killed_import(app, heard):
    with time_machine.travel(NIGHT, tick=False) as clock:
        ImportEvent("dump").schedule()
        db.session.commit()  # and it is killed
        events.drain()
        assert heard == []
        clock.shift(TAKEN_OVER)
        events.drain()
    assert heard == ["import.finished"]


def test_the_news_of_a_long_import_waits_for_its_end(app, heard, monkeypatch):
    monkeypatch.setattr(claims, "CLAIM_DURATION", timedelta(seconds=0.5))
    news = ImportEvent("dump")
    with news.deferred():
        news.schedule()
        db.session.commit()
        ends = set()
        while len(ends) < 10:
            events.drain()
            ends.add(db.session.scalar(select(Event.due_at)))
            db.session.commit()
        assert heard == []
    assert news.deliver() and heard == ["import.finished"]


def test_a_claim_that_cannot_be_renewed_is_no_end(app, caplog, monkeypatch):
    """The next try comes before it runs out."""
    monkeypatch.setattr(claims, "CLAIM_DURATION", timedelta(seconds=0.2))
    broken = update(Event).where(db.text("no_such_column = 1"))
    with claims.renewing_claim(broken):
        while caplog.text.count("claim not renewed") < 2:
            pass
