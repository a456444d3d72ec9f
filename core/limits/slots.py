"""Limits on the concurrent requests of one address or account in this process.

A process has a few threads. A client that occupies all of them with slow requests would stop the site for
everybody, however few requests a minute it sends; so some threads are never used by a single client.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable

MAX_RUNNING = 2  # at once, of one address or account
MAX_TAKEN = 3  # running or waiting; gunicorn has 4 threads a process, waitress 8
MAX_WAIT_SECONDS = 2.0


class Slots:
    """The slots of one process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken: Counter[str] = Counter()
        self._running: Counter[str] = Counter()

    def take(self, keys: Iterable[str]) -> bool:
        """Take a slot of every key, waiting up to MAX_WAIT_SECONDS; returns False if one has none left."""
        keys = list(keys)
        deadline = time.monotonic() + MAX_WAIT_SECONDS
        with self._changed:
            if any(self._taken[key] >= MAX_TAKEN for key in keys):
                return False
            self._taken.update(keys)
            while any(self._running[key] >= MAX_RUNNING for key in keys):
                if not self._changed.wait(deadline - time.monotonic()):
                    self._drop(self._taken, keys)
                    return False
            self._running.update(keys)
            return True

    def release(self, keys: Iterable[str]) -> None:
        """Release the slots of a successful take()."""
        with self._changed:
            self._drop(self._taken, keys)
            self._drop(self._running, keys)
            self._changed.notify_all()

    @property
    def is_empty(self) -> bool:
        """Whether no slot is taken."""
        return not (self._taken or self._running)

    @staticmethod
    def _drop(counts: Counter, keys: Iterable[str]) -> None:
        for key in keys:
            counts[key] -= 1
            if counts[key] <= 0:
                del counts[key]
