"""Programs that are measured: started, waited for, weighed with all their processes, and ended."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

PATIENCE = 180  # seconds to start
TICK = os.sysconf("SC_CLK_TCK")


class Program:
    """One running program and the processes it started; its output goes to the file `log`."""

    def __init__(self, command: Sequence[str | Path], log: Path, *, folder: Path | None = None,
                 **settings: str):
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, cwd=folder,
                                            env={**os.environ, **settings}, start_new_session=True)

    def wait_for(self, url: str) -> None:
        """Return when `url` answers with a page; raises RuntimeError with what the program said."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            if answers(url):
                return
            time.sleep(0.1)
        raise RuntimeError(f"{url} does not answer: {self.log.read_text(errors='replace')[-2000:]}")

    def processes(self) -> list[int]:
        """The numbers of its processes: the first and all that come from it."""
        below: dict[int, list[int]] = defaultdict(list)
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(FileNotFoundError, ProcessLookupError):
                below[int(_stat(entry)[1])].append(int(entry.name))
        found = [self.process.pid]
        for number in found:
            found += below[number]
        return found

    def memory(self) -> float:
        """Megabytes of all its processes; what they share counts once."""
        return sum(_pss(number) for number in self.processes()) / 1024

    def cpu(self) -> float:
        """Seconds of processor time that its processes took so far."""
        total = 0
        for number in self.processes():
            with suppress(FileNotFoundError, ProcessLookupError):
                total += sum(map(int, _stat(Path(f"/proc/{number}"))[11:13]))
        return total / TICK

    def stop(self) -> None:
        """Ask it to finish; end what does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Together:
    """Programs that serve one site."""

    def __init__(self, *programs: Program):
        self.programs = programs

    def memory(self) -> float:
        """Megabytes of all of them."""
        return sum(program.memory() for program in self.programs)

    def cpu(self) -> float:
        """Seconds of processor time of all of them."""
        return sum(program.cpu() for program in self.programs)


def _stat(entry: Path) -> list[str]:
    """The fields of /proc/N/stat after the name, which may hold spaces: state, parent, group, session, …"""
    return (entry / "stat").read_text().rpartition(")")[2].split()


def _pss(number: int) -> int:
    try:
        lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def answers(url: str) -> bool:
    """Whether `url` answers with a page now."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status == 200
    except (OSError, urllib.error.HTTPError):
        return False


def free_port(start: int) -> int:
    """The first loopback port from `start` on that nothing listens on."""
    for port in range(start, start + 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise RuntimeError(f"No free port from {start} on.")
