"""Records how long each transaction held SQLite's write lock (core/database/db.py)."""

import threading
import time
from contextlib import contextmanager

from sqlalchemy import event

from core.database.db import db, may_write


class Recorder:
    """Seconds of every transaction that could write, of all threads: `spans`, and `cpu` of the thread."""

    def __init__(self):
        self.spans, self.cpu, self._open = [], [], threading.local()

    @property
    def longest(self):
        return max(self.spans, default=0.0)

    @property
    def longest_cpu(self):
        return max(self.cpu, default=0.0)


@contextmanager
def recorded():
    """with recorded() as lock: …; lock.longest"""
    recorder = Recorder()
    held = recorder._open

    def begin(connection):
        if may_write():
            held.since = time.perf_counter()  # after BEGIN IMMEDIATE: waiting does not count
            held.cpu_since = time.thread_time()

    def checkin(_connection, _record):
        if getattr(held, "since", None) is not None:
            recorder.spans.append(time.perf_counter() - held.since)
            recorder.cpu.append(time.thread_time() - held.cpu_since)
            held.since = None

    event.listen(db.engine, "begin", begin)
    event.listen(db.engine, "checkin", checkin)
    try:
        yield recorder
    finally:
        event.remove(db.engine, "begin", begin)
        event.remove(db.engine, "checkin", checkin)
