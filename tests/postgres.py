"""A PostgreSQL of the tests' own, never one that was running already.

The server's programs are found on the machine; the cluster lives in a temporary folder and answers
only on a socket in that folder. initdb refuses root, so root hands the cluster to another user.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg

USERS = ("postgres", "nobody")
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "deadlock_timeout": "200ms",
    "timezone": "America/Los_Angeles",
}
LINGUISTIC = ["--locale-provider=icu", "--icu-locale=en-US"]  # as most servers sort; PostgreSQL 15


def programs() -> Path | None:
    """The folder of the newest server on this machine; None where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name))
    found = shutil.which("initdb")
    folders = [*([Path(found).resolve().parent] if found else []), *folders]
    return next((folder for folder in reversed(folders) if (folder / "postgres").exists()), None)


def _children(pid: int) -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                yield int(stat.parent.name)


def owner() -> dict:
    """Whom root runs a server as; empty for everybody else, who run it themselves."""
    if os.geteuid() != 0:
        return {}
    entry = next(pwd.getpwnam(name) for name in USERS if name in {e.pw_name for e in pwd.getpwall()})
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Cluster:
    """One running server. `create(name)` makes a database, `url(name)` is its address.

    `options` go before OPTIONS, which are for speed. kill() ends it as a power cut would, start() begins
    again.
    """

    def __init__(self, **options: str):
        self.options = OPTIONS | options
        self.bin = programs()
        if self.bin is None:
            raise RuntimeError("No PostgreSQL server programs: sudo apt-get install postgresql")
        self.folder = Path(tempfile.mkdtemp(prefix="redoubt-pg-"))
        self.owner = owner()
        if self.owner:
            os.chown(self.folder, self.owner["user"], self.owner["group"])
        self._make()
        self.start()

    def _make(self) -> None:
        make = [
            self.bin / "initdb",
            "-D",
            self.folder / "data",
            "-U",
            "redoubt",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--no-locale",
        ]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": self.folder}
        if subprocess.run([*make, *LINGUISTIC], **quiet, **self.owner).returncode:
            subprocess.run(make, check=True, **quiet, **self.owner)

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = [f"--{name}={value}" for name, value in self.options.items()]
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen(
                [self.bin / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **self.owner,
            )
        for _ in range(300):
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                assert self.server.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.1)
        raise RuntimeError("PostgreSQL did not start")

    def kill(self) -> None:
        """End all its processes at once, without a word."""
        backends = list(_children(self.server.pid))  # each leads a group of its own
        self.server.kill()
        self.server.wait()
        for backend in backends:
            with suppress(ProcessLookupError):
                os.kill(backend, signal.SIGKILL)

    def halt(self) -> None:
        """Stop it; its data stays."""
        self.server.send_signal(signal.SIGINT)  # "fast": it does not wait for its clients
        try:
            self.server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()

    def execute(self, statement: str, database: str = "postgres") -> list[tuple]:
        """Run one statement (or several without rows); returns its rows, if it has any."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def url(self, database: str) -> str:
        """The address of a database for REDOUBT_DATABASE_URL."""
        return f"postgresql://redoubt@/{database}?host={self.folder}"

    def create(self, name: str) -> str:
        """Make an empty database; returns its address."""
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def empty(self, name: str) -> None:
        """Remove every row but the schema's version, and start all numbers anew: as fresh, and faster."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            name,
        )
        tables = self.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
            name,
        )
        deletes = [f'DELETE FROM "{table}"' for (table,) in tables]
        self.execute("; ".join(["SET session_replication_role = replica", *deletes]), name)
        self.execute("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'", name)

    def stop(self) -> None:
        """End the server and remove its folder."""
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)
