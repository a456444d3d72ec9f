"""The worker: hears events, sends mail, runs what is scheduled; a thread of the site, or `flask worker`."""

import logging
import threading
from collections.abc import Callable

from flask import Flask
from huey import SqliteHuey, crontab
from huey.consumer import Consumer

from core import events, mail
from core.database_errors import is_outage
from core.db import db

log = logging.getLogger(__name__)
PAUSE = 0.3
_scheduled: list[tuple[Callable[[], None], object]] = []
Job = Callable[[], int]
_rounds: list[Job] = [events.run_round]
_mail: list[Job] = [mail.deliver_round]  # in a loop of its own: a slow mail server holds up nothing else


def each_round(job: Job) -> Job:
    """Declare a job of every round; it returns at once, with 0, when there is nothing to do."""
    _rounds.append(job)
    return job


def scheduled(**when: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Declare a task to run when the clock matches, in crontab fields (`hour="3", minute="10"`)."""

    def declare(task: Callable[[], None]) -> Callable[[], None]:
        _scheduled.append((task, crontab(**when)))
        return task

    return declare


class Worker:
    """A loop over events, one over mail, and huey's scheduler beside them; stop() ends all."""

    def __init__(self, app: Flask):
        self.app = app
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._loop, args=(jobs,), name=f"redoubt-{name}", daemon=True)
                        for name, jobs in (("events", _rounds), ("mail", _mail))]
        self.consumer: Consumer | None = None

    def start(self) -> None:
        """Start the loops; returns at once."""
        self.consumer = Consumer(_huey(self.app), workers=1, periodic=True)
        self.consumer.start()  # not run(): that one takes the process's signals
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Finish the rounds in hand, then end."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(timeout=10)
        if self.consumer:
            self.consumer.stop()

    def run(self) -> None:
        """Run in the foreground until stop() or a keyboard interrupt."""
        self.start()
        try:
            while not self.stopping.wait(1):
                pass
        except KeyboardInterrupt:
            self.stop()

    def _loop(self, jobs: list[Job]) -> None:
        while not self.stopping.is_set():
            if not round_once(self.app, jobs):
                self.stopping.wait(PAUSE)


def round_once(app: Flask, jobs: list[Job] | None = None) -> int:
    """One round of `jobs`, or of all; returns how much was done. Errors are logged, never fatal."""
    done = 0
    with app.app_context():
        for job in jobs or [*_rounds, *_mail]:
            try:
                done += job()
            except Exception as error:
                db.session.rollback()
                if is_outage(error):  # a line each round is enough: the disk may be full
                    log.error("worker: %s: the database is away", job.__qualname__)
                else:
                    log.exception("worker: %s failed", job.__qualname__)
    return done


def _huey(app: Flask) -> SqliteHuey:
    huey = SqliteHuey(filename=str(app.config["REDOUBT_INSTANCE"] / "tasks.db"), utc=True)
    for task, when in _scheduled:
        huey.periodic_task(when, name=f"{task.__module__}.{task.__qualname__}")(_in_context(app, task))
    return huey


def _in_context(app: Flask, task: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        with app.app_context():
            task()

    return run


def init_app(app: Flask) -> None:
    """The worker is started by app.py or by `flask worker`, never by an import."""
    app.extensions["worker"] = Worker(app)
