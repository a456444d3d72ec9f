"""PostgreSQL servers that follow one another, Redis and nginx, as docs/deploy/ says, for tests to end."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg

from bench.programs import Program
from tests.failures.processes import wait_until
from tests.postgres import LINGUISTIC, owner, programs
from tests.test_architecture import ROOT

DEPLOY = ROOT / "docs" / "deploy"
# a test's server may lose what a power cut would take; it is ended by kill -9 at most
SMALL = {"fsync": "off", "shared_buffers": "32MB", "max_connections": "100"}


def deployed(name: str, to: Path, changes: Mapping[str, object]) -> Path:
    """The file docs/deploy/`name` with what differs here; every change must find its place."""
    text = (DEPLOY / name).read_text()
    for old, new in changes.items():
        assert old in text, f"docs/deploy/{name} does not say {old!r}"
        text = text.replace(old, str(new))
    to.write_text(text)
    return to


class Postgres:
    """One server in a folder of its own; `run(command, log)` starts it on its host."""

    def __init__(self, name: str, folder: Path, run, **options: str):
        self.name, self.folder, self.run, self.options = name, folder / name, run, options
        self.bin, self.owner = programs(), owner()
        self.folder.mkdir()
        if self.owner:
            os.chown(self.folder, self.owner["user"], self.owner["group"])
        self.program: Program | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def initialize(self) -> None:
        """Make an empty cluster that lets everybody in: nobody but its own network reaches it."""
        made = [
            self.bin / "initdb",
            "-D",
            self.data,
            "-U",
            "redoubt",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--no-locale",
        ]
        if self._do(*made, *LINGUISTIC, check=False):
            self._do(*made)
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host all,replication all samenet trust\n")
        (self.data / "redoubt.conf").write_text((DEPLOY / "postgresql.conf").read_text())
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write("include 'redoubt.conf'\n")
        (self.data / "redoubt.conf").chmod(0o644)

    def follow(self, other: "Postgres") -> None:
        """Copy `other`, and go on from there as its replica."""
        self._do(
            self.bin / "pg_basebackup",
            "-D",
            self.data,
            "-h",
            other.folder,
            "-U",
            "redoubt",
            "-c",
            "fast",
            "-X",
            "stream",
            "--no-sync",
        )
        (self.data / "standby.signal").touch()
        if self.owner:
            os.chown(self.data / "standby.signal", self.owner["user"], self.owner["group"])

    def start(self) -> None:
        """Run it, also again after it ended; returns when it answers."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # of a host that died
        options = {"cluster_name": self.name, "unix_socket_directories": self.folder, **SMALL, **self.options}
        command = [
            self.bin / "postgres",
            "-D",
            self.data,
            *(f"--{name}={value}" for name, value in options.items()),
        ]
        if self.owner:
            as_owner = [
                "setpriv",
                f"--reuid={self.owner['user']}",
                f"--regid={self.owner['group']}",
                "--clear-groups",
            ]
            command = as_owner + command
        self.program = self.run(command, self.folder.parent / f"{self.name}.log")
        wait_until(self.answers, f"{self.name} answers")

    def answers(self) -> bool:
        """Whether it takes questions now."""
        assert self.program.process.poll() is None, self.program.output()
        try:
            self.ask("SELECT 1", "postgres")
        except psycopg.OperationalError:
            return False
        return True

    def ask(self, statement: str, database: str = "redoubt") -> list[tuple]:
        """Run one statement through the server's socket, whatever became of its network; its rows, if any.

        It waits for no other server.
        """
        alone = "-c synchronous_commit=local"
        with psycopg.connect(self.url(database), autocommit=True, options=alone) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def url(self, database: str = "redoubt") -> str:
        """Its address through the socket."""
        return f"postgresql://redoubt@/{database}?host={self.folder}"

    def promote(self) -> None:
        """Make this replica the primary."""
        self._do(self.bin / "pg_ctl", "promote", "-D", self.data)

    def _do(self, *command: object, check: bool = True) -> int:
        done = subprocess.run(
            list(map(str, command)), cwd=self.folder, capture_output=True, text=True, **self.owner
        )
        assert done.returncode == 0 or not check, done.stderr
        return done.returncode


def redis(folder: Path, run, *, bind: str, port: int) -> Program:
    """A Redis as docs/deploy/redis.conf says."""
    file = deployed("redis.conf", folder / "redis.conf", {"bind 10.0.0.31": f"bind {bind}\nport {port}"})
    return run(["redis-server", file], folder / "redis.log")


def nginx(folder: Path, run, changes: Mapping[str, object]) -> Program:
    """nginx as docs/deploy/nginx.conf says, with a certificate made just now; its cache is empty."""
    (folder / "nginx-cache").mkdir(exist_ok=True)
    certificate(folder)
    deployed(
        "nginx.conf",
        folder / "site.conf",
        {
            "/etc/redoubt/tls": folder / "tls",
            "/var/lib/nginx/redoubt": folder / "nginx-cache",
            "/var/log/nginx/redoubt.log": folder / "nginx-access.log",
            **changes,
        },
    )
    main = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    paths = " ".join(
        f"{name}_temp_path {folder}/nginx-{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main.write_text(
        f"{user} daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr;\n"
        f"events {{}}\nhttp {{ access_log off; {paths} include {folder}/site.conf; }}\n"
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    return run([program, "-c", main, "-p", folder], folder / "nginx.log")


def certificate(folder: Path) -> Path:
    """Make tls.crt and tls.key for redoubt.example in `folder`, once."""
    crt = folder / "tls.crt"
    if not crt.exists():
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=redoubt.example",
                "-addext",
                "subjectAltName=DNS:redoubt.example",
                "-keyout",
                folder / "tls.key",
                "-out",
                crt,
            ],
            check=True,
            capture_output=True,
        )
    return crt


def unit(name: str, changes: Mapping[str, str]) -> list[str]:
    """The command that docs/deploy/`name`.service runs, its variables filled in."""
    text = (DEPLOY / f"{name}.service").read_text()
    command = next(
        line.removeprefix("ExecStart=") for line in text.splitlines() if line.startswith("ExecStart=")
    )
    for old, new in changes.items():
        command = command.replace(old, new)
    return command.split()
