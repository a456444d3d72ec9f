"""Asks the package `csaf` which mandatory rules of CSAF 2.0 a document breaks.

The package runs in a process of its own, with a time limit and a memory limit: whatever it does with a
document from outside, an import goes on. advisories/csaf/checker.py is that process.
"""

import json
import subprocess
import sys
import threading
from pathlib import Path

from flask_babel import gettext as _

MAX_BYTES = 16 * 1024 * 1024  # its rules walk a document some dozen times
SECONDS = 30
ROOT = Path(__file__).resolve().parents[2]


class Checker:
    """A running validator, for one import: `with Checker() as check: check(document)`."""

    def __init__(self):
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "Checker":
        return self

    def __exit__(self, *error) -> None:
        self._stop()

    def __call__(self, data: bytes) -> list[str]:
        """The broken rules, each with its place; a line that says so where the validator gave up."""
        if len(data) > MAX_BYTES:
            return [_("not checked against the rules: larger than %(n)s MB", n=MAX_BYTES // 1024**2)]
        answer = self._ask(data)
        try:
            return [str(line) for line in json.loads(answer)]
        except ValueError:
            self._stop()
            return [_("not checked against the rules: the validator did not answer")]

    def _ask(self, data: bytes) -> bytes:
        """One exchange; an empty answer when the process died or had to be stopped."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "advisories.csaf.checker"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        clock = threading.Timer(SECONDS, self._process.kill)
        clock.start()
        try:
            self._process.stdin.write(b"%d\n" % len(data) + data)
            self._process.stdin.flush()
            return self._process.stdout.readline()
        except OSError:
            return b""
        finally:
            clock.cancel()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
