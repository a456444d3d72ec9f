"""A page that says which process made it, after as much work as a cached page takes (bench/processes.py)."""

import os
import sys
import time
from collections.abc import Callable, Iterable

WORK_SECONDS = 0.00003  # of processor time
READY = "ready to serve"


def application(_environ: dict, start_response: Callable) -> Iterable[bytes]:
    """The WSGI application."""
    end = time.thread_time() + WORK_SECONDS
    while time.thread_time() < end:
        pass
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


print(READY, file=sys.stderr, flush=True)
