"""What gunicorn reads by itself in this folder. WEB_CONCURRENCY: how many processes; HUP loads new code.

Its processes count together, in a folder that they share. It has to be named before prometheus_client is
imported, so that is not imported here.
"""

import os
import shutil
import signal
import tempfile
import threading
from pathlib import Path

wsgi_app = "app:create_app()"
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 30
control_socket_disable = True
limit_request_line = 8_190  # as python app.py (core.web.embedded_server)
LINGER = float(os.environ.get("LINGER", "0"))  # seconds that new processes need to load
SHARED = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "redoubt-metrics-"
MEMORY = Path("/dev/shm")  # a mapped file that a full disk cannot hold would end the process


def _folder() -> str:
    """A new folder of this master process; those of masters that were killed are removed."""
    place = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for left in place.glob(f"{PREFIX}*-*"):
        pid = left.name.rpartition("-")[2]
        if left.stat().st_uid == os.geteuid() and not Path("/proc", pid).exists():
            shutil.rmtree(left, ignore_errors=True)
    return tempfile.mkdtemp(prefix=PREFIX, suffix=f"-{os.getpid()}", dir=place)


def _is_ours(folder: str) -> bool:
    return Path(folder).name.startswith(PREFIX)


shared = os.environ.get(SHARED, "")
if not shared or (_is_ours(shared) and not shared.endswith(f"-{os.getpid()}")):  # not that of another master
    os.environ[SHARED] = _folder()


def post_worker_init(worker) -> None:
    """A process begins to serve. HUP ends the old ones at once; let them serve until the new ones can."""
    worker.wsgi.start_serving()
    if LINGER:
        timer = threading.Timer(LINGER, signal.getsignal(signal.SIGTERM), (signal.SIGTERM, None))
        signal.signal(signal.SIGTERM, lambda *_: timer.ident or timer.start())


def when_ready(server) -> None:
    """All listen. A thread reads a request as slowly as it comes, so something has to read it first."""
    if os.environ.get("REDOUBT_PROXIES", "0") == "0":
        server.log.warning(
            "REDOUBT_PROXIES is 0: without a proxy that reads requests first (nginx), a few "
            "slow clients hold all threads. `flask doctor` and docs/operations.md say more."
        )


def child_exit(server, worker) -> None:
    """A process has ended: what it held is free, what it did still counts."""
    for file in Path(os.environ[SHARED]).glob(f"gauge_live*_{worker.pid}.db"):
        file.unlink(missing_ok=True)


def on_exit(server) -> None:
    """The last one turns off the light."""
    if _is_ours(os.environ[SHARED]):
        shutil.rmtree(os.environ[SHARED], ignore_errors=True)
