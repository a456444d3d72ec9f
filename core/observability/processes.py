"""The processes that serve on this host: how many, and the memory they hold."""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flask import current_app

from core.config import ROOT
from core.database.db import db
from core.observability.gauges import Gauge, register_gauges

MASTERS = "redoubt-metrics-*-*"  # folders of gunicorn's masters; the last part is a process id
PROPORTIONAL = re.compile(r"^Pss:\s+(\d+) kB", re.M)


def pids() -> set[int]:
    """This process, and those that count in the same folder (core.observability.metrics) and live."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    files = Path(folder).glob("gauge_livesum_*.db") if folder else ()
    return {os.getpid(), *(int(file.stem.split("_")[-1]) for file in files)}


def is_gunicorn_here() -> bool:
    """Whether a gunicorn serves this instance on this host, as far as Linux tells (gunicorn.conf.py)."""
    return any(
        _instance_of(folder.name.rpartition("-")[2]) == current_app.config["REDOUBT_INSTANCE"]
        for place in (Path("/dev/shm"), Path(tempfile.gettempdir()))
        for folder in place.glob(MASTERS)
    )


def _instance_of(pid: str) -> Path | None:
    """The instance folder that a process was started for; None when it is gone or another user's."""
    try:
        settings = Path("/proc", pid, "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    named = next((setting for setting in settings if setting.startswith(b"REDOUBT_INSTANCE=")), b"=instance")
    return ROOT / os.fsdecode(named.partition(b"=")[2])


def memory(pid: int) -> int:
    """Bytes a process holds, what it shares with others counted in part; 0 where Linux does not tell."""
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
    if hasattr(pool, "size"):
        yield Gauge(
            "database_connections_kept", "Maximum number of connections each process keeps open.", pool.size()
        )
