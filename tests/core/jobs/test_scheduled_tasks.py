"""A scheduled task is run by one worker, whichever comes first, however many there are."""

import contextvars
import threading
from datetime import time

import pytest
import time_machine

from core.jobs import worker
from tests.registries import replace

pytestmark = pytest.mark.every_database
NIGHT = "2026-03-10 03:10:00+00:00"


@pytest.fixture
def task(app):
    """task() is what a worker does when its clock says that the task is due; task.runs counts."""
    runs = []

    def tidy():
        runs.append(1)

    def run():
        worker.run_if_due(app, tidy, time(3, 10))

    run.runs = runs
    return run


def test_of_many_workers_one_runs_it(task):
    together = threading.Barrier(6)

    def work():
        together.wait()
        task()

    with time_machine.travel(NIGHT, tick=False):
        threads = [threading.Thread(target=contextvars.Context().run, args=(work,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(task.runs) == 1


def test_a_worker_that_was_busy_does_not_run_it_once_more(task):
    with time_machine.travel(NIGHT, tick=False) as clock:
        task()
        clock.shift(3 * 3600)
        task()
    assert len(task.runs) == 1


def test_a_clock_that_is_slow_does_not_run_yesterdays(task):
    with time_machine.travel(NIGHT, tick=False) as clock:
        task()
        clock.shift(-120)
        task()
    assert len(task.runs) == 1


def test_it_runs_again_the_next_night(task):
    with time_machine.travel(NIGHT, tick=False) as clock:
        task()
        clock.shift(24 * 3600)
        task()
    assert len(task.runs) == 2


def test_a_task_that_fails_is_tried_again_the_next_night_only(app, caplog):
    runs = []

    def breaks():
        runs.append(1)
        raise OSError("no space")

    breaks.__qualname__ = "breaks"  # the table has space for names like those of real tasks
    for now in (NIGHT, NIGHT, "2026-03-11 03:10:00+00:00"):
        with time_machine.travel(now, tick=False):
            worker.run_if_due(app, breaks, time(3, 10))
    assert len(runs) == 2 and caplog.text.count("breaks failed") == 2


def test_the_clock_runs_what_comes_due_while_it_goes(app, monkeypatch):
    ran = threading.Event()
    monkeypatch.setattr(worker, "CLOCK_SECONDS", 0.01)
    replace(app, monkeypatch, "daily_tasks", {ran.set: time(3, 10)})
    with time_machine.travel("2026-03-10 03:09:59+00:00", tick=False) as clock:
        clocked = worker.Worker(app)
        thread = threading.Thread(target=contextvars.Context().run, args=(clocked._clock,))
        thread.start()
        try:
            assert not ran.wait(0.2), "before its time"
            clock.shift(2)
            assert ran.wait(20)
        finally:
            clocked.stopping.set()
            thread.join()
