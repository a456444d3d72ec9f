"""The site's programs as processes of their own, which a test may end in any way."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.test_house import ROOT

BIN = Path(sys.executable).parent
FLASK, GUNICORN = str(BIN / "flask"), str(BIN / "gunicorn")
WEB = [GUNICORN, "--worker-class", "gthread", "--threads", "4", "app:create_app()"]
PATIENCE = 60  # seconds


class Program:
    """One running program; its output goes to a file. End it with stop() or kill()."""

    def __init__(self, command: Sequence[str], log: Path, *, folder: Path = ROOT, **settings: object):
        self.command, self.log, self.settings = list(map(str, command)), log, settings
        self.folder = folder
        self.start()

    def start(self) -> None:
        """Start it, also again after it ended."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.folder, env={**os.environ, **_texts(self.settings)},
                                            start_new_session=True)

    def signal(self, number: int) -> None:
        """Send a signal to the program and to the processes it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """Ask it to finish, as systemd does; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def output(self) -> str:
        """What it has said so far."""
        return self.log.read_text(errors="replace")


def _texts(settings: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in settings.items()}


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(true: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Return when `true()` holds; fails naming `what` did not happen in time."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, f"{what}: not within {patience} s"
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether `url` answers 200 now."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (OSError, urllib.error.HTTPError):
        return False
