"""How many requests of one address or account run at the same time in this process.

A server has a handful of threads. Who takes them all with requests that last stops the site for everybody,
however few requests a minute they are: so some threads always stay free of any one visitor.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable

MAX_RUNNING = 2  # at once, of one address or account
MAX_TAKEN = 3  # running and waiting; gunicorn has 4 threads a process, waitress 8
MAX_WAIT_SECONDS = 2.0


class Slots:
    """The slots of one process."""

    def __init__(self):
        self._changed = threading.Condition()
        self._held: Counter[str] = Counter()
        self._running: Counter[str] = Counter()

    def take(self, keys: Iterable[str]) -> bool:
        """Take a slot of every key, waiting a little; False, and nothing taken, when one is not to be had."""
        keys, until = list(keys), time.monotonic() + MAX_WAIT_SECONDS
        with self._changed:
            if any(self._held[key] >= MAX_TAKEN for key in keys):
                return False
            self._held.update(keys)
            while any(self._running[key] >= MAX_RUNNING for key in keys):
                if not self._changed.wait(until - time.monotonic()):
                    self._drop(self._held, keys)
                    return False
            self._running.update(keys)
            return True

    def give_back(self, keys: Iterable[str]) -> None:
        """Free what take() took."""
        with self._changed:
            self._drop(self._held, keys)
            self._drop(self._running, keys)
            self._changed.notify_all()

    @property
    def is_empty(self) -> bool:
        """Whether nobody holds a slot."""
        return not (self._held or self._running)

    @staticmethod
    def _drop(counts: Counter, keys: Iterable[str]) -> None:
        for key in keys:
            counts[key] -= 1
            if counts[key] <= 0:
                del counts[key]
