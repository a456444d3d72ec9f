"""The worker: hears events, sends mail, runs what is scheduled; a thread of the site, or `flask worker`."""

import logging
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from functools import partial

from flask import Flask, current_app
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.database.db import db, read_transaction, utcnow
from core.database.models import TaskRun
from core.jobs import claims, events
from core.observability import heartbeats
from core.registry import Registry
from core.web.database_errors import is_outage

log = logging.getLogger(__name__)
IDLE_SECONDS, CLOCK_SECONDS, OUTAGE_SECONDS = 0.3, 1, 2  # seconds
TAKE_OVER_SECONDS = 5  # between two looks for tasks of workers that died
MAX_TRIES = 3  # of one run of a task whose worker dies
Task = Callable[[], None]
_daily_tasks: Registry[Task, time] = Registry("daily_tasks")  # time of the day (UTC) by task
Job = Callable[[], int]
_round_jobs: Registry[Job, str] = Registry("round_jobs")  # name of the loop by job
EVENTS, MAIL = "events", "mail"  # loops: a slow mail server delays nothing else


def register_round_job(loop: str = EVENTS) -> Callable[[Job], Job]:
    """Decorator: call the function in every round of a loop.

    It returns how much was done, and at once, with 0, when there is nothing to do.
    """

    def decorate(job: Job) -> Job:
        _round_jobs.add(job, loop)
        return job

    return decorate


register_round_job()(events.run_round)


def register_daily_task(*, hour: int, minute: int) -> Callable[[Task], Task]:
    """Decorator: run the function every day at this time (UTC), once, however many workers there are."""

    def decorate(task: Task) -> Task:
        _daily_tasks.add(task, time(hour, minute))
        return task

    return decorate


class Worker:
    """A loop over events, one over mail, and the clock beside them; stop() ends all."""

    def __init__(self, app: Flask):
        self.app = app
        self.stopping = threading.Event()
        self.threads = [
            threading.Thread(target=self._loop, args=(loop,), name=f"redoubt-{loop}", daemon=True)
            for loop in (EVENTS, MAIL)
        ]
        self.threads.append(threading.Thread(target=self._clock, name="redoubt-clock", daemon=True))

    def start(self) -> None:
        """Start the loops; returns at once."""
        for thread in self.threads:
            thread.start()
        self.app.extensions["history"].start()

    def stop(self) -> None:
        """Finish the rounds in hand, then end; nothing to do when it was not started."""
        self.stopping.set()
        for thread in self.threads:
            if thread.is_alive():
                thread.join(timeout=10)

    def run(self) -> None:
        """Run in the foreground until a keyboard interrupt or SIGTERM; what was begun is finished."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        self.start()
        with suppress(KeyboardInterrupt):
            while not self.stopping.wait(1):
                pass
        self.stop()

    def _loop(self, name: str) -> None:
        beat = heartbeats.Heart(self.app, name)
        jobs = [job for job, loop in _round_jobs.of(self.app).items() if loop == name]
        while not self.stopping.is_set():
            done = round_once(self.app, jobs, partial(self.stopping.wait, OUTAGE_SECONDS))
            beat()
            if not done:
                self.stopping.wait(IDLE_SECONDS)

    def _clock(self) -> None:
        """Run what has come due, one after the other; nobody waits for it."""
        seen = looked = utcnow()
        while not self.stopping.wait(CLOCK_SECONDS):
            now = utcnow()
            if now - looked >= timedelta(seconds=TAKE_OVER_SECONDS):
                take_over_tasks(self.app)
                looked = now
            for task, at in _daily_tasks.of(self.app).items():
                if seen < _last_due(at, now):
                    run_if_due(self.app, task, at)
            seen = now


def round_once(
    app: Flask, jobs: Iterable[Job] | None = None, wait: Callable[[], object] = lambda: None
) -> int:
    """One round of `jobs`, or of all; returns how much was done. Errors are logged, never fatal.

    `wait` is called for each job that met an outage, so that what is logged does not fill the disk.
    """
    done = 0
    with app.app_context():
        for job in jobs or _round_jobs:
            try:
                done += job()
            except Exception as error:
                db.session.rollback()
                if is_outage(error):  # a line each round is enough: the disk may be full
                    log.error("worker: %s: the database is away", job.__qualname__)
                    wait()
                else:
                    log.exception("worker: %s failed", job.__qualname__)
    return done


def run_if_due(app: Flask, task: Task, at: time) -> None:
    """Run a task that is due, unless another worker does: the database decides. Errors are logged."""
    with app.app_context():
        try:
            if _claim_run(_name(task), _last_due(at, utcnow())):
                _run(task)
        except Exception:
            log.exception("worker: %s failed", task.__qualname__)


def take_over_tasks(app: Flask) -> None:
    """Run the tasks again whose worker died while it ran them; one that kills it each time is given up."""
    with app.app_context():
        try:
            with read_transaction():
                left = set(db.session.scalars(select(TaskRun.name).where(TaskRun.claimed_until < utcnow())))
            for task in _daily_tasks:
                if _name(task) in left and _take_over_run(_name(task)):
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
    """Run a task that this process has taken, and say that the run has ended, also when it failed."""
    ours = (
        TaskRun.name == _name(task),
        TaskRun.claimed_by == current_app.extensions["event_worker"],
        TaskRun.claimed_until.is_not(None),
    )
    try:
        with claims.renewing_claim(update(TaskRun).where(*ours)):
            task()
    finally:
        db.session.rollback()
        db.session.execute(
            update(TaskRun)
            .where(*ours)
            .values(claimed_until=None)
            .execution_options(synchronize_session=False)
        )
        db.session.commit()


def _last_due(at: time, now: datetime) -> datetime:
    """The newest moment at which it was due: a worker that is late still knows which run this is."""
    today = datetime.combine(now.date(), at, UTC)
    return today if today <= now else today - timedelta(days=1)


def _claim_run(name: str, due_at: datetime) -> bool:
    """Whether the run due at this time is this process's: the first who asks gets it."""
    claim = _claim_values(tries=1)
    taken = db.session.execute(
        update(TaskRun).where(TaskRun.name == name, TaskRun.due_at < due_at).values(due_at=due_at, **claim)
    ).rowcount
    if not taken and db.session.get(TaskRun, name) is None:
        db.session.add(TaskRun(name=name, due_at=due_at, **claim))
        taken = 1
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return False
    return bool(taken)


def _take_over_run(name: str) -> bool:
    """Whether a run that a dead worker left is now this process's."""
    left = (TaskRun.name == name, TaskRun.claimed_until < utcnow())
    given_up = db.session.execute(
        update(TaskRun).where(*left, TaskRun.tries >= MAX_TRIES).values(claimed_until=None)
    ).rowcount
    taken = db.session.execute(
        update(TaskRun).where(*left).values(**_claim_values(tries=TaskRun.tries + 1))
    ).rowcount
    db.session.commit()
    if given_up:
        log.error("worker: %s ended its worker %s times: given up until its next time", name, MAX_TRIES)
    return bool(taken)


def _claim_values(**more) -> dict:
    return {
        "claimed_by": current_app.extensions["event_worker"],
        "claimed_until": utcnow() + claims.CLAIM_DURATION,
        **more,
    }


def init_app(app: Flask) -> None:
    """The worker is started by app.py or by `flask worker`, never by an import."""
    app.extensions["worker"] = Worker(app)
