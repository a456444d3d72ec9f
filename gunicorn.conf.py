"""The configuration of gunicorn. WEB_CONCURRENCY: number of processes; HUP loads new code.

The processes share their metrics in a folder. Its environment variable has to be set before prometheus_client
is imported, so nothing that uses it is imported here.
"""

import os
import shutil
import signal
import tempfile
import threading
from pathlib import Path
from typing import Any

import gunicorn_worker

wsgi_app = "app:create_app()"
worker_class = "gunicorn_worker.BalancedWorker"  # gthread that lets every process have its share
threads = 4
timeout = 60
graceful_timeout = 30
control_socket_disable = True
limit_request_line = 8_190  # as python app.py (core.web.embedded_server)
LINGER = float(os.environ.get("LINGER", "0"))  # seconds that new processes need to load
SHARED = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "redoubt-metrics-"
MEMORY = Path("/dev/shm")  # noqa: S108  (a mapped file on a full disk would end the process)


def _folder() -> str:
    """A new folder for this master process; removes those of killed masters."""
    parent = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for left in parent.glob(f"{PREFIX}*-*"):
        pid = left.name.rpartition("-")[2]
        if left.stat().st_uid == os.geteuid() and not Path("/proc", pid).exists():
            shutil.rmtree(left, ignore_errors=True)
    return tempfile.mkdtemp(prefix=PREFIX, suffix=f"-{os.getpid()}", dir=parent)


def _is_metrics_folder(folder: str) -> bool:
    return Path(folder).name.startswith(PREFIX)


shared = os.environ.get(SHARED, "")
if not shared or (
    _is_metrics_folder(shared) and not shared.endswith(f"-{os.getpid()}")
):  # not that of another master
    os.environ[SHARED] = _folder()


def post_worker_init(worker: Any) -> None:
    """A process starts to serve. HUP ends old ones at once: with LINGER they serve until new ones can."""
    worker.wsgi.start_serving()
    if LINGER:
        terminate: Any = signal.getsignal(signal.SIGTERM)
        timer = threading.Timer(LINGER, terminate, (signal.SIGTERM, None))
        signal.signal(signal.SIGTERM, lambda *_: timer.ident or timer.start())


def when_ready(server: Any) -> None:
    """Warn without a proxy: a thread of gunicorn reads a request as slowly as the client sends it."""
    if os.environ.get("REDOUBT_PROXIES", "0") == "0":
        server.log.warning(
            "REDOUBT_PROXIES is 0: without a proxy that reads requests first (nginx), a few "
            "slow clients hold all threads. `flask doctor` and docs/operations.md say more."
        )


def child_exit(server: Any, worker: Any) -> None:
    """Remove the gauges of an ended process, its counters stay; its connections are gone."""
    gunicorn_worker.forget(worker)
    for file in Path(os.environ[SHARED]).glob(f"gauge_live*_{worker.pid}.db"):
        file.unlink(missing_ok=True)


def on_exit(server: Any) -> None:
    """Remove the metrics folder when the master process exits."""
    if _is_metrics_folder(os.environ[SHARED]):
        shutil.rmtree(os.environ[SHARED], ignore_errors=True)
