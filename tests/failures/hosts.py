"""Hosts on one switch, each a network namespace of its own: 10.0.0.N, reachable by the others alone."""

import ctypes
import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bench.programs import Program

NETWORK = "10.0.0"
CLONE_NEWNET = 0x40000000  # <linux/sched.h>
_numbers = itertools.count(1)
missing = [name for name in ("ip", "nginx", "redis-server", "openssl") if not shutil.which(name)]
needs_hosts = pytest.mark.skipif(
    os.geteuid() != 0 or bool(missing),
    reason="network namespaces need root" + "".join(f"; no {name} on this machine" for name in missing),
)


def _ip(*words: object) -> str:
    return subprocess.run(["ip", *map(str, words)], check=True, capture_output=True, text=True).stdout


class Network:
    """The switch. remove() ends every program on its hosts and takes everything away."""

    def __init__(self):
        self.name = f"rdt{os.getpid()}-{next(_numbers)}"
        self.hosts: list[Host] = []
        self.switch = f"{self.name}-lan"
        _ip("netns", "add", self.switch)
        _ip("-n", self.switch, "link", "add", "lan", "type", "bridge")
        _ip("-n", self.switch, "link", "set", "lan", "up")

    def host(self, number: int) -> "Host":
        """A new host with the address 10.0.0.`number`."""
        self.hosts.append(Host(self, number))
        return self.hosts[-1]

    def remove(self) -> None:
        """Nothing of it stays."""
        for host in self.hosts:
            host.die()
            _ip("netns", "del", host.name)
        _ip("netns", "del", self.switch)


class Host:
    """One machine as far as the network goes; its disk is this machine's."""

    def __init__(self, network: Network, number: int):
        self.network, self.port = network, f"p{number}"
        self.name, self.address = f"{network.name}-{number}", f"{NETWORK}.{number}"
        _ip("netns", "add", self.name)
        _ip(
            "-n",
            network.switch,
            "link",
            "add",
            self.port,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            self.name,
        )
        _ip("-n", network.switch, "link", "set", self.port, "master", "lan", "up")
        _ip("-n", self.name, "address", "add", f"{self.address}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            _ip("-n", self.name, "link", "set", link, "up")

    def run(self, command: Sequence[object], log: Path, **settings: object) -> Program:
        """Start a program there."""
        return Program(["ip", "netns", "exec", self.name, *command], log, **settings)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """What this thread connects to meanwhile, it connects to from that host."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as ours, open(f"/run/netns/{self.name}") as theirs:
            assert libc.setns(theirs.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                libc.setns(ours.fileno(), CLONE_NEWNET)

    def die(self) -> None:
        """As when the plug is pulled: nobody hears a word more, and nothing runs on."""
        _ip("-n", self.network.switch, "link", "set", self.port, "down")
        for pid in _ip("netns", "pids", self.name).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def come_back(self) -> None:
        """The cable is in again; programs are started by who wants them."""
        _ip("-n", self.network.switch, "link", "set", self.port, "up")
