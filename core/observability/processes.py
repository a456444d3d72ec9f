"""The web processes of this host and their memory."""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flask import current_app
from sqlalchemy import QueuePool

from core.config import ROOT
from core.database.db import db
from core.observability.gauges import Gauge, register_gauges

MASTERS = "redoubt-metrics-*-*"  # folders of gunicorn's masters; the last part is a process id
PROPORTIONAL = re.compile(r"^Pss:\s+(\d+) kB", re.M)


def pids() -> set[int]:
    """The ids of this process and of the running ones that share its metrics (core.observability.metrics)."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    files = Path(folder).glob("gauge_livesum_*.db") if folder else ()
    return {os.getpid(), *(int(file.stem.split("_")[-1]) for file in files)}


def is_gunicorn_here() -> bool:
    """Whether gunicorn serves this instance on this host; only known on Linux."""
    return any(
        _instance_of(folder.name.rpartition("-")[2]) == current_app.config["REDOUBT_INSTANCE"]
        for place in (Path("/dev/shm"), Path(tempfile.gettempdir()))  # noqa: S108  (only read)
        for folder in place.glob(MASTERS)
    )


def _instance_of(pid: str) -> Path | None:
    """The instance folder of a process; None when it has ended or belongs to another user."""
    try:
        settings = Path("/proc", pid, "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    named = next((setting for setting in settings if setting.startswith(b"REDOUBT_INSTANCE=")), b"=instance")
    return ROOT / os.fsdecode(named.partition(b"=")[2])


def memory(pid: int) -> int:
    """The proportional set size of a process in bytes; 0 where it is unknown."""
    try:
        found = PROPORTIONAL.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


@register_gauges
def web() -> Iterator[Gauge]:
    """Web processes of this host."""
    sizes = {pid: memory(pid) for pid in pids()}
    yield Gauge("processes", "Web processes of this host.", len(sizes))
    yield Gauge("memory_bytes", "Memory of these processes, shared pages counted once.", sum(sizes.values()))
    pool = db.engine.pool
    if isinstance(pool, QueuePool):
        yield Gauge(
            "database_connections_kept", "Maximum number of connections each process keeps open.", pool.size()
        )
