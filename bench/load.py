"""Drives a page with wrk."""

import json
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from bench.browser import PACKED, Browser
from bench.figures import Run
from bench.programs import Together

SCRIPT = Path(__file__).with_name("wrk.lua")
UNCACHED = {"Cookie": "session=of-nobody"}  # a visitor whose browser has a session gets no cached page
RUN_SECONDS = (1, 5, 20)


def page(
    url: str,
    server: Together,
    *,
    connections: int = 1,
    seconds: float = 2,
    headers: dict[str, str] | None = None,
) -> Run:
    """A run that asks for one page again and again, as fast as the server answers.

    Raises RuntimeError when an answer is not a page.
    """
    where = urlsplit(url)
    first = Browser(where.port).get(where._replace(scheme="", netloc="").geturl())
    if first.status != 200:
        raise RuntimeError(f"{url} answers {first.status}")
    sent = [
        word for name, value in {**PACKED, **(headers or {})}.items() for word in ("-H", f"{name}: {value}")
    ]
    command = ["wrk", "-t1", f"-c{connections}", "--timeout", "60s", *sent, "-s", str(SCRIPT), url]

    def run() -> dict[str, float]:
        for seconds_of_run in RUN_SECONDS:  # a busy machine may answer nothing in a second
            before = server.cpu()
            said = subprocess.run(
                [*command, f"-d{max(1, round(seconds * seconds_of_run))}s"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            found = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
            if found["failed"]:
                raise RuntimeError(f"{url}: {found['failed']} of {found['requests']} requests failed")
            if found["requests"]:
                break
        else:
            raise RuntimeError(f"{url}: no answer")
        return {
            "rate": found["requests"] / found["seconds"],
            "p50": found["p50"],
            "p95": found["p95"],
            "p99": found["p99"],
            "cpu": (server.cpu() - before) / found["requests"] * 1000,
        }

    return run


def is_there() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None
