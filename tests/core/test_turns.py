"""A scheduled task is run by one worker, whichever comes first, however many there are."""

import contextvars
import threading

import pytest
import time_machine
from huey import crontab

from core import worker

pytestmark = pytest.mark.every_database
NIGHT = "2026-03-10 03:10:00+00:00"


@pytest.fixture
def task(app):
    """task() is what a worker does when its clock says that the task is due; task.runs counts."""
    runs = []

    def tidy():
        runs.append(1)

    run = worker._in_turn(app, tidy, crontab(hour="3", minute="10"))
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
