"""Whether all processes of the server work: connections and requests of each, over many starts.

Each start is gunicorn with the worker class of production and a view that answers with the number of its
process; wrk keeps eight connections open. The view takes as long as a cached page.
"""

import json
import subprocess
import time
from pathlib import Path

from bench.process_number import READY
from bench.programs import Program, free_port
from bench.sites import GUNICORN, WORKERS
from bench.statistics import Samples
from core.config import ROOT

SCRIPT = Path(__file__).with_name("processes.lua")
SMALLER = "the less busy of two processes"
CONNECTIONS = 8
STARTS = 12
SECONDS = 1
SETTLE_SECONDS = 0.5  # from loading the application until accepting
START_TIMEOUT_SECONDS = 60


def requests_by_process(folder: Path, command: list[str | Path] | None = None) -> dict[int, int]:
    """{process: requests} of one start of the server, or of another `command` with a {port}."""
    port = free_port()
    log = folder / "processes.log"
    log.unlink(missing_ok=True)
    words = command or [*GUNICORN, "--bind", "127.0.0.1:{port}", "bench.process_number:application"]
    program = Program(
        [str(word).replace("{port}", str(port)) for word in words],
        log,
        folder=folder,
        PYTHONPATH=str(ROOT),
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        _wait_for_all(program)
        said = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(SCRIPT), url],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    finally:
        program.stop()
    counts = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    return {int(process): count for process, count in counts.items()}


def _wait_for_all(program: Program) -> None:
    """Return when every process accepts. Raises RuntimeError with what the program said."""
    end = time.monotonic() + START_TIMEOUT_SECONDS
    while program.output().count(READY) < WORKERS:
        if time.monotonic() > end:
            raise RuntimeError(program.output()[-2000:])
        time.sleep(0.05)
    time.sleep(SETTLE_SECONDS)


def measure(folder: Path) -> dict[str, Samples]:
    """The smallest share of the requests that a process answered, of each start: 0.5 is even."""
    shares = []
    for _ in range(STARTS):
        found = requests_by_process(folder)
        shares.append(min(found.values()) / sum(found.values()) if len(found) > 1 else 0.0)
    return {SMALLER: {"share": shares}}
