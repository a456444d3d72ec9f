"""gunicorn's gthread worker, sharing new connections among the processes of a host.

All processes accept from one socket, and the first one awake takes every connection that waits: of eight
that a client keeps open, one of two processes held all in about a third of the runs, and answered them with
half of the machine. Here a process that has more connections than another lets that one go first
(docs/decisions/0635).

gunicorn's first process imports this module, so it imports nothing of the site: HUP could not load that anew.
"""

import mmap
import time
from socket import socket
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

MAX_PROCESSES = 256  # a higher number shares a counter with another process, which only costs balance
UNUSED = 255  # the value of a counter without a process
DEFER_SECONDS = 0.0002
MAX_DEFERRALS = 10  # after which a process accepts what no other one took: within about 2 ms

# A byte for each process, in memory that they share because they are forked from the one that imports this.
_open_connections = memoryview(mmap.mmap(-1, MAX_PROCESSES))
_open_connections[:] = bytes([UNUSED]) * MAX_PROCESSES


def forget(worker: Any) -> None:
    """Stop counting the connections of a process that ended (gunicorn's child_exit, in the first process)."""
    _open_connections[worker.age % MAX_PROCESSES] = UNUSED


class BalancedWorker(ThreadWorker):
    """A process that accepts a connection when no other process has fewer, or when none of them took it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deferrals = 0

    def accept(self, listener: socket) -> None:
        """Accept one connection, or leave it in the queue for now: the poller then calls this again."""
        if self.nr_conns > min(_open_connections) and self.deferrals < MAX_DEFERRALS:
            self.deferrals += 1
            time.sleep(DEFER_SECONDS)
            return
        self.deferrals = 0
        super().accept(listener)
        self._publish()

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """One round of events; afterwards the others see how many connections are open here."""
        self._publish()
        super().wait_for_and_dispatch_events(timeout)

    def _publish(self) -> None:
        count = min(self.nr_conns, UNUSED - 1) if self.alive else UNUSED
        _open_connections[self.age % MAX_PROCESSES] = count
