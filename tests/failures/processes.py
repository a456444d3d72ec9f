"""The site's programs, and waiting for what they do; bench/programs.py runs them."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

BIN = Path(sys.executable).parent
FLASK, GUNICORN = str(BIN / "flask"), str(BIN / "gunicorn")
WEB = [GUNICORN, "--threads", "4", "app:create_app()"]  # the worker class is that of gunicorn.conf.py
TIMEOUT_SECONDS = 60  # seconds


def wait_until(true: Callable[[], bool], what: str, patience: float = TIMEOUT_SECONDS) -> None:
    """Return when `true()` holds; fails naming `what` did not happen in time."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, f"{what}: not within {patience} s"
        time.sleep(0.05)
