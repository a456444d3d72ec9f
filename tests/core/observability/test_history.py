"""Sums and peaks by the hour over all processes, and the heartbeats of workers: kept, read, forgotten."""

from datetime import timedelta

import pytest
import time_machine

from core.database.db import db, utcnow
from core.database.models import Event, Heartbeat, HourlyMetric
from core.jobs import tasks
from core.observability import heartbeats, history, queues
from tests.registries import replace

pytestmark = pytest.mark.every_database
NOON = "2026-03-10 12:10:00+00:00"


@pytest.fixture
def process(app, monkeypatch):
    """process() → (history of one more process, what it has counted so far)."""

    def start():
        mine = {}
        replace(app, monkeypatch, "totals", {lambda: mine: ""})
        made = history.History(app)
        write = made.write

        def write_these():
            replace(app, monkeypatch, "totals", {lambda: mine: ""})
            write()

        made.write = write_these
        return made, mine

    return start


def metrics_of(name):
    return {f"{row.hour:%H}": row.value for row in db.session.query(HourlyMetric).filter_by(name=name)}


def test_what_processes_counted_is_summed_by_the_hour(process):
    (one, ones), (two, twos) = process(), process()
    with time_machine.travel(NOON, tick=False) as clock:
        ones["status:2xx"], twos["status:2xx"] = 5, 7
        one.write()
        two.write()
        ones["status:2xx"] = 6
        one.write()
        clock.shift(timedelta(hours=1))
        twos["status:2xx"] = 9
        two.write()
    assert metrics_of("status:2xx") == {"12": 13, "13": 2}


def test_what_was_counted_before_the_process_served_is_not_its_history(app, monkeypatch):
    replace(app, monkeypatch, "totals", {lambda: {"status:2xx": 40}: ""})
    history.History(app).write()
    assert not metrics_of("status:2xx")


def test_a_minute_that_could_not_be_kept_is_kept_with_the_next(process, monkeypatch):
    one, counted = process()
    counted["status:2xx"] = 5

    def full():
        raise OSError("disk full")

    with time_machine.travel(NOON, tick=False):
        with monkeypatch.context() as broken:
            broken.setattr(db.session, "commit", full)
            with pytest.raises(OSError, match="full"):
                one.write()
        db.session.rollback()
        counted["status:2xx"] = 8
        one.write()
    assert metrics_of("status:2xx") == {"12": 8}


def test_of_a_gauge_the_highest_of_the_hour_is_kept(process):
    (one, _), (two, _) = process(), process()
    with time_machine.travel(NOON, tick=False) as clock:
        event = Event(name="test.waits", data={}, due_at=utcnow() - timedelta(seconds=50))
        db.session.add(event)
        db.session.commit()
        one.write()
        event.done_at = utcnow()
        db.session.commit()
        two.write()
        clock.shift(timedelta(hours=1))
        two.write()
    assert metrics_of(queues.EVENTS_AGE) == {"12": 50, "13": 0}


def test_metrics_are_found_by_name_or_by_family(app):
    hour = utcnow().replace(minute=0, second=0, microsecond=0)
    for name in ("status:2xx", "status:5xx", "lag", "lag_of_others", "mail:sent"):
        db.session.add(HourlyMetric(hour=hour, name=name, value=1))
    db.session.add(HourlyMetric(hour=hour - timedelta(hours=1), name="lag", value=9))
    db.session.commit()
    assert history.since(hour, "status:", "lag") == {hour: {"status:2xx": 1, "status:5xx": 1, "lag": 1}}


def test_the_nightly_task_forgets_old_metrics_and_workers_that_are_gone(app):
    now = utcnow()
    for days in (1, 89, 91):
        db.session.add(HourlyMetric(hour=now - timedelta(days=days), name="lag", value=days))
    for worker, hours in (("gone", 25), ("here", 1)):
        db.session.add(
            Heartbeat(worker=worker, loop="mail", host="h", beaten_at=now - timedelta(hours=hours))
        )
    db.session.commit()
    tasks.tidy()
    assert {row.value for row in db.session.query(HourlyMetric)} == {1, 89}
    assert [row.worker for row in db.session.query(Heartbeat)] == ["here"]


def test_a_loop_says_that_it_lives_twice_a_minute_at_most(app):
    beat, rows = heartbeats.HeartbeatWriter(app, "events"), db.session.query(Heartbeat)
    with time_machine.travel(NOON, tick=False) as clock:
        for seconds in (0, 10, 25):
            clock.shift(seconds)
            beat()
        assert [f"{row.beaten_at:%M:%S}" for row in rows] == ["10:35"]
        db.session.rollback()


def test_of_many_workers_the_newest_round_counts(app):
    with time_machine.travel(NOON, tick=False) as clock:
        heartbeats.record_heartbeat("one", "mail")
        heartbeats.record_heartbeat("one", "events")
        clock.shift(timedelta(minutes=5))
        heartbeats.record_heartbeat("two", "mail")
        db.session.commit()
        beats = {each.name: each.value for each in heartbeats.workers()}
    assert beats == {
        "workers": 1,
        "worker_mail_last_round_seconds": 0,
        "worker_events_last_round_seconds": 300,
    }


def test_a_database_that_is_away_costs_a_beat_and_nothing_else(app, monkeypatch):
    def away(*arguments):
        raise OSError("away")

    monkeypatch.setattr(heartbeats, "record_heartbeat", away)
    heartbeats.HeartbeatWriter(app, "events")()
    assert not db.session.query(Heartbeat).count()
