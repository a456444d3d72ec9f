"""The worker: delivers events, sends mail, runs scheduled tasks; threads of the site, or `flask worker`."""

import logging
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.database.db import changed_rows, db, read_transaction, utcnow
from core.database.models import TaskRun
from core.jobs import claims, events
from core.observability import heartbeats
from core.registry import Registry
from core.web.database_errors import is_outage

log = logging.getLogger(__name__)
OUTAGE_SECONDS = 2  # between two rounds when the database is unavailable
CLOCK_SECONDS = 1  # between two looks at the schedule
TAKE_OVER_SECONDS = 5  # between two looks for tasks of dead workers
MAX_TRIES = 3  # of one run of a task whose worker dies
Task = Callable[[], None]
_daily_tasks: Registry[Task, time] = Registry("daily_tasks")  # time of the day (UTC) by task
Job = Callable[[], int]
_round_jobs: Registry[Job, str] = Registry("round_jobs")  # name of the loop by job
EVENTS = "events"  # the loops: mail has its own, so that a slow server delays nothing else
MAIL = "mail"
LONG = "long"  # work of minutes, such as the reading of large files and imports
FETCH = "fetch"  # from other sites, which may be slow
LOOPS = (EVENTS, MAIL, LONG, FETCH)
IDLE_SECONDS = 0.3  # between two rounds when there was nothing to do
LONGER_IDLE_SECONDS = {LONG: 1, FETCH: 5}  # of loops that nobody waits for


def register_round_job(loop: str = EVENTS) -> Callable[[Job], Job]:
    """Decorator: call the function in every round of a loop.

    It returns how much it did; with nothing to do it returns 0 at once.
    """
    if loop not in LOOPS:
        raise ValueError(f"the worker has no loop {loop!r}")

    def decorate(job: Job) -> Job:
        _round_jobs.add(job, loop)
        return job

    return decorate


register_round_job()(events.run_round)


def register_daily_task(*, hour: int, minute: int) -> Callable[[Task], Task]:
    """Decorator: run the function once a day at this time (UTC), whatever the number of workers."""

    def decorate(task: Task) -> Task:
        _daily_tasks.add(task, time(hour, minute))
        return task

    return decorate


class Worker:
    """A loop for events, one for mail, one for long work, one for scheduled tasks; stop() ends all."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.stopping = threading.Event()
        self.threads = [
            threading.Thread(target=self._loop, args=(loop,), name=f"redoubt-{loop}", daemon=True)
            for loop in LOOPS
        ]
        self.threads.append(threading.Thread(target=self._clock, name="redoubt-clock", daemon=True))

    def start(self) -> None:
        """Start the loops; returns at once."""
        for thread in self.threads:
            thread.start()
        self.app.extensions["history"].start()

    def stop(self) -> None:
        """End the loops after their current rounds; does nothing when they were not started."""
        self.stopping.set()
        for thread in self.threads:
            if thread.is_alive():
                thread.join(timeout=10)

    def run(self) -> None:
        """Run in the foreground until a keyboard interrupt or SIGTERM; current rounds are finished."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        self.start()
        with suppress(KeyboardInterrupt):
            while not self.stopping.wait(1):
                pass
        self.stop()

    def _loop(self, name: str) -> None:
        write_heartbeat = heartbeats.HeartbeatWriter(self.app, name)
        jobs = [job for job, loop in _round_jobs.of(self.app).items() if loop == name]
        while not self.stopping.is_set():
            done = round_once(self.app, jobs, partial(self.stopping.wait, OUTAGE_SECONDS))
            write_heartbeat()
            if not done:
                self.stopping.wait(LONGER_IDLE_SECONDS.get(name, IDLE_SECONDS))

    def _clock(self) -> None:
        """Run the tasks that are due, one after the other."""
        last_check = utcnow()
        last_take_over = last_check
        while not self.stopping.wait(CLOCK_SECONDS):
            now = utcnow()
            if now - last_take_over >= timedelta(seconds=TAKE_OVER_SECONDS):
                take_over_tasks(self.app)
                last_take_over = now
            for task, at in _daily_tasks.of(self.app).items():
                if last_check < _last_due(at, now):
                    run_if_due(self.app, task, at)
            last_check = now


def round_once(
    app: Flask, jobs: Iterable[Job] | None = None, wait: Callable[[], object] = lambda: None
) -> int:
    """Run `jobs`, or all of them, once; returns how much they did. Errors are logged, not raised.

    `wait` is called for each job that met an outage of the database, so that the log does not fill the disk.
    """
    done = 0
    with app.app_context():
        for job in jobs or _round_jobs:
            try:
                done += job()
            except Exception as error:
                db.session.rollback()
                if is_outage(error):  # without the traceback: the disk may be full
                    log.error("worker: %s: the database is away", job.__qualname__)
                    wait()
                else:
                    log.exception("worker: %s failed", job.__qualname__)
    return done


def run_if_due(app: Flask, task: Task, at: time) -> None:
    """Run a task that is due unless another worker has claimed the run. Errors are logged."""
    with app.app_context():
        try:
            if _claim_run(_name(task), _last_due(at, utcnow())):
                _run(task)
        except Exception:
            log.exception("worker: %s failed", task.__qualname__)


def take_over_tasks(app: Flask) -> None:
    """Run tasks again whose worker died in them, up to MAX_TRIES times. Errors are logged."""
    with app.app_context():
        try:
            with read_transaction():
                abandoned = set(
                    db.session.scalars(select(TaskRun.name).where(TaskRun.claimed_until < utcnow()))
                )
            for task in _daily_tasks:
                if _name(task) in abandoned and _take_over_run(_name(task)):
                    _run(task)
        except Exception as error:
            db.session.rollback()
            if is_outage(error):
                log.error("worker: take_over_tasks: the database is away")
            else:
                log.exception("worker: a task that was taken over failed")


def _name(task: Task) -> str:
    return f"{task.__module__}.{task.__qualname__}"


def _run(task: Task) -> None:
    """Run a task that this process has claimed, and end the claim, also when it failed."""
    claimed_by_me = (
        TaskRun.name == _name(task),
        TaskRun.claimed_by == current_app.extensions["event_worker"],
        TaskRun.claimed_until.is_not(None),
    )
    try:
        with claims.renewing_claim(update(TaskRun).where(*claimed_by_me)):
            task()
    finally:
        db.session.rollback()
        changed_rows(update(TaskRun).where(*claimed_by_me).values(claimed_until=None))
        db.session.commit()


def _last_due(at: time, now: datetime) -> datetime:
    """The last time, up to `now`, at which a daily task was due: it identifies the run."""
    today = datetime.combine(now.date(), at, UTC)
    return today if today <= now else today - timedelta(days=1)


def _claim_run(name: str, due_at: datetime) -> bool:
    """Claim the run of a task that was due at this time; returns whether this process is the first."""
    claim = _claim_values(tries=1)
    is_mine = bool(
        changed_rows(
            update(TaskRun)
            .where(TaskRun.name == name, TaskRun.due_at < due_at)
            .values(due_at=due_at, **claim)
        )
    )
    if not is_mine and db.session.get(TaskRun, name) is None:
        db.session.add(TaskRun(name=name, due_at=due_at, **claim))
        is_mine = True
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return False
    return is_mine


def _take_over_run(name: str) -> bool:
    """Claim the run of a dead worker; returns whether this process is the first."""
    abandoned = (TaskRun.name == name, TaskRun.claimed_until < utcnow())
    given_up = changed_rows(
        update(TaskRun).where(*abandoned, TaskRun.tries >= MAX_TRIES).values(claimed_until=None)
    )
    claimed = changed_rows(update(TaskRun).where(*abandoned).values(**_claim_values(tries=TaskRun.tries + 1)))
    db.session.commit()
    if given_up:
        log.error("worker: %s ended its worker %s times: given up until its next time", name, MAX_TRIES)
    return bool(claimed)


def _claim_values(**more: object) -> dict[str, Any]:
    return {
        "claimed_by": current_app.extensions["event_worker"],
        "claimed_until": utcnow() + claims.CLAIM_DURATION,
        **more,
    }


def init_app(app: Flask) -> None:
    """Create the worker; app.py or `flask worker` start it."""
    app.extensions["worker"] = Worker(app)
