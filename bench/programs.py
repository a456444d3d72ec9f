"""Programs that are measured or tested: start, wait, measure with all child processes, stop."""

import os
import random
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

START_TIMEOUT_SECONDS = 180
STOP_TIMEOUT_SECONDS = 60
UNASSIGNED_PORTS = range(20_000, 32_000)
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Program:
    """One running program and the processes it started; its output goes to the file `log`.

    stop() ends it, kill() ends it as a power cut would; start() runs it again.
    """

    def __init__(
        self, command: Sequence[str | Path], log: Path, *, folder: Path | None = None, **settings: object
    ) -> None:
        self.command = [str(word) for word in command]
        self.log = log
        self.folder = folder
        self.settings = {name: str(value) for name, value in settings.items()}
        self.start()

    def start(self) -> None:
        """Start it, also again after it ended."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env={**os.environ, **self.settings},
                start_new_session=True,
            )

    def output(self) -> str:
        """What it has said so far."""
        return self.log.read_text(errors="replace")

    def wait_for(self, url: str) -> None:
        """Return when `url` answers with a page; raises RuntimeError with what the program said."""
        end = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if answers(url):
                return
            time.sleep(0.1)
        raise RuntimeError(f"{url} does not answer: {self.output()[-2000:]}")

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
        return total / TICKS_PER_SECOND

    def signal(self, number: int) -> None:
        """Send a signal to the program and to the processes it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def kill(self) -> int:
        """End it at once; returns its exit code."""
        self.signal(signal.SIGKILL)
        return self.process.wait(STOP_TIMEOUT_SECONDS)

    def stop(self) -> int:
        """Ask it to finish, as systemd does, and end what does not; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            return self.kill()


class ProgramGroup:
    """Programs that serve one site."""

    def __init__(self, *programs: Program) -> None:
        self.programs = programs

    def memory(self) -> float:
        """Megabytes of all of them."""
        return sum(program.memory() for program in self.programs)

    def cpu(self) -> float:
        """Seconds of processor time of all of them."""
        return sum(program.cpu() for program in self.programs)


def _stat(entry: Path) -> list[str]:
    """The fields of /proc/N/stat after the name, which may contain spaces: state, parent, group and so on."""
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
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
            return answer.status == 200
    except (OSError, urllib.error.HTTPError):
        return False


def free_port() -> int:
    """A loopback port that nothing listens on now.

    It lies below the ports that the system gives to outgoing connections and to other programs that ask for
    any port, so nothing takes it before the caller's program does.
    """
    for port in random.sample(UNASSIGNED_PORTS, len(UNASSIGNED_PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("No free port")
