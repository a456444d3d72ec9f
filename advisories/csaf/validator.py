"""Asks the package `csaf` which mandatory rules of CSAF 2.0 or 2.1 a document breaks.

The package runs in a process of its own, with a time limit and a memory limit: whatever it does with a
document from outside, an import goes on. advisories/csaf/validator_process.py is that process.
"""

import json
import subprocess
import sys
import threading
from pathlib import Path

from flask_babel import gettext as _

MAX_CHECKED_BYTES = 16 * 1024 * 1024  # the rules traverse a document dozens of times
TIMEOUT_SECONDS = 30
ROOT = Path(__file__).resolve().parents[2]


class Checker:
    """A running validator, for one import: `with Checker() as check: check(document)`."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "Checker":
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def __call__(self, data: bytes) -> list[str]:
        """Return violated rules with locations, or one line that says why there was no validation."""
        if len(data) > MAX_CHECKED_BYTES:
            return [_("not checked against the rules: larger than %(n)s MB", n=MAX_CHECKED_BYTES // 1024**2)]
        reply = self._ask(data)
        try:
            return [str(line) for line in json.loads(reply)]
        except ValueError:
            self._stop()
            return [_("not checked against the rules: the validator did not answer")]

    def _ask(self, data: bytes) -> bytes:
        """Send a document and return the reply; empty when the process ended or timed out."""
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = subprocess.Popen(
                [sys.executable, "-m", "advisories.csaf.validator_process"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        timer = threading.Timer(TIMEOUT_SECONDS, process.kill)
        timer.start()
        try:
            return _exchange(process, data)
        except OSError:
            return b""
        finally:
            timer.cancel()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _exchange(process: subprocess.Popen, data: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        return b""
    process.stdin.write(b"%d\n" % len(data) + data)
    process.stdin.flush()
    return process.stdout.readline()
