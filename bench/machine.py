"""The machine on which was measured, without names."""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path


def describe() -> dict[str, str]:
    """Processor, memory, system and the versions that matter."""
    return {
        "cores": f"{len(os.sched_getaffinity(0))} × {_field('/proc/cpuinfo', 'model name')}",
        "memory": f"{int(_field('/proc/meminfo', 'MemTotal').split()[0]) / 1024**2:.0f} GB",
        "system": f"{_field('/etc/os-release', 'PRETTY_NAME')}, Linux {platform.release().split('-')[0]}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        **{name: version(name) for name in ("Flask", "SQLAlchemy", "gunicorn", "waitress", "Whoosh")},
        "wrk": _wrk(),
        "busy": f"{os.getloadavg()[0]:.1f} processes wanted to run at the start",
    }


def _field(path: str, name: str) -> str:
    found = re.search(rf'^{name}\s*[:=]\s*"?([^"\n]+)', Path(path).read_text(), re.M)
    return found[1] if found else "unknown"


def _wrk() -> str:
    if not shutil.which("wrk"):
        return "none"
    said = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return found[1] if (found := re.search(r"wrk\s+(?:debian/)?(\S+)", said)) else "unknown"
