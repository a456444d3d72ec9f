"""The site on several hosts, made from docs/deploy/: nginx, three for web and worker, PostgreSQL, Redis."""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from app import create_app
from auth import actions as auth
from core.database import schema
from core.database.db import db
from core.markup.markup import render
from forum.models import Question
from notifications import actions as notify
from posts import actions as posts
from posts.models import Tag
from tests.failures import servers
from tests.failures.hosts import Network
from tests.failures.load import BODY
from tests.failures.processes import BIN, wait_until

SECRET = "the same on every host of this cluster, as it must be"
POSTERS, VISITORS, MEMBERS, PAUSE = 3, 3, 2, 0.4
USERS = 60  # each may write ten posts in ten minutes


class AppHost:
    """One host with the site's web processes and perhaps a worker, as the units of docs/deploy/ run them."""

    def __init__(self, cluster: "Cluster", number: int, *, has_worker: bool):
        self.cluster, self.host = cluster, cluster.network.host(number)
        self.settings = {
            **cluster.settings,
            "REDOUBT_INSTANCE": cluster.folder / f"instance{number}",
            "WEB_CONCURRENCY": 1,
        }
        self.log = cluster.folder / f"web{number}.log"
        self.has_worker, self.web, self.worker = has_worker, None, None

    def start(self) -> None:
        """Run them; it takes a while until they answer."""
        bind = {"/opt/redoubt/.venv/bin": str(BIN), "${BIND}": f"{self.host.address}:8000"}
        self.web = self.host.run(servers.unit("redoubt-web", bind), self.log, **self.settings)
        if self.has_worker:
            self.start_worker()

    def start_worker(self) -> None:
        """Run the worker."""
        command = servers.unit("redoubt-worker", {"/opt/redoubt/.venv/bin": str(BIN)})
        self.worker = self.host.run(command, self.log.with_name(f"worker-{self.log.name}"), **self.settings)

    def is_ready(self) -> bool:
        """What /readyz says."""
        assert self.web.process.poll() is None, self.web.output()
        request = urllib.request.Request(
            f"http://{self.host.address}:8000/readyz", headers={"Host": "redoubt.example"}
        )
        try:
            with self.cluster.edge.inside(), urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False


class Cluster:
    """Everything, running; remove() leaves nothing."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="redoubt-cluster-"))
        self.folder.chmod(0o755)  # the servers run as somebody else
        self.network = Network()
        self.edge, self.cache = self.network.host(2), self.network.host(31)
        self.hosts_of_databases = [self.network.host(number) for number in (21, 22, 23)]
        self.databases = [
            servers.Postgres(f"db{number}", self.folder, host.run)
            for number, host in enumerate(self.hosts_of_databases, 1)
        ]
        self.settings = self._settings()
        self.apps = [AppHost(self, number, has_worker=number < 13) for number in (11, 12, 13)]
        self.phases: list[tuple[str, float]] = []
        self.log = self.folder / "load.jsonl"

    def _settings(self) -> dict[str, str]:
        file = servers.deployed(
            "redoubt.environment",
            self.folder / "redoubt.environment",
            {
                "REDOUBT_SECRET_KEY=": f"REDOUBT_SECRET_KEY={SECRET}",
                "smtp+starttls://redoubt:change-this@mail.redoubt.example:587": "",
            },
        )
        lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
        # The load comes from a few addresses that write more than any person.
        return dict(line.split("=", 1) for line in lines) | {"REDOUBT_RATE_LIMITS": "off"}

    def start(self) -> None:
        """Three databases that follow one another, people, hosts, nginx."""
        self.redis = servers.redis(self.folder, self.cache.run, bind=self.cache.address, port=6379)
        primary, *replicas = self.databases
        primary.initialize()
        primary.start()
        primary.ask("CREATE DATABASE redoubt", "postgres")
        primary.ask("CREATE ROLE replicator LOGIN REPLICATION")
        for replica in replicas:
            replica.follow(primary)
            replica.start()
        plan = self._people(primary)
        for app in self.apps:
            app.start()
        self.nginx = servers.nginx(self.folder, self.edge.run, {})
        for app in self.apps:
            wait_until(app.is_ready, f"{app.host.address} is ready")
        (self.folder / "plan.json").write_text(json.dumps(plan))

    def _people(self, primary: servers.Postgres) -> dict:
        """Who writes and reads; one more watches the tag they all use."""
        settings = {
            **self.settings,
            "REDOUBT_DATABASE_URL": primary.url(),
            "REDOUBT_REPLICA_URLS": "",
            "REDOUBT_REDIS_URL": "",
            "REDOUBT_INSTANCE": self.folder / "instance",
        }
        site = create_app(**{name: value for name, value in settings.items() if name.startswith("REDOUBT_")})
        with site.app_context():
            schema.ensure()
            people = [
                auth.make_user(f"poster{number}", email=f"poster{number}@example.org", confirmed=True)
                for number in range(USERS)
            ]
            watcher = auth.make_user("watcher", email="watcher@example.org", confirmed=True)
            question = posts.create(
                Question(title="Where do we begin with this patch day?", author_id=watcher.id),
                render(BODY),
                tags=("patching",),
            )
            notify.watch(watcher, db.session.scalar(db.select(Tag)), True)
            tokens = [auth.make_token(user, "load", "write") for user in people]
            cookies = [self._cookie(site, auth.open_session(user)) for user in people[:4]]
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
            paths = ["/", "/questions", question.url, "/tags/patching", "/help", "/users/watcher"]
        return {
            "address": self.edge.address,
            "certificate": str(servers.certificate(self.folder)),
            "tokens": tokens,
            "cookies": cookies,
            "paths": paths,
            "pause": PAUSE,
            "post": POSTERS,
            "visitor": VISITORS,
            "member": MEMBERS,
        }

    def _cookie(self, site, token: str) -> str:
        signer = site.session_interface.get_signing_serializer(site)
        return f"{site.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': token, '_fresh': True})}"

    @contextmanager
    def load(self):
        """People work as long as the block lasts."""
        command = [sys.executable, "-m", "tests.failures.load", self.folder / "plan.json"]
        people = self.edge.run(command, self.log)
        yield
        assert people.stop() == 0, people.output()[-2000:]

    def phase(self, name: str, seconds: float = 0, *, everybody: bool = False) -> None:
        """What ends from now on is counted under this name; until everybody had an answer, if asked for."""
        self.phases.append((name, time.time()))
        time.sleep(seconds)
        if everybody:
            wait_until(lambda: len({line["kind"] for line in self.requests(name)}) == 3, f"answers: {name}")

    def requests(self, phase: str | None = None) -> list[dict]:
        """What the people sent, all of it or what ended in one phase."""
        text = self.log.read_text()
        lines = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        for line in lines:
            line["phase"] = next(
                (name for name, begun in reversed(self.phases) if begun <= line["at"] + line["took"]), ""
            )
        return [line for line in lines if phase in (None, line["phase"])]

    def failed(self, phase: str, *kinds: str) -> list[dict]:
        """Requests of that phase without a good answer."""
        return [
            line
            for line in self.requests(phase)
            if line["kind"] in kinds and line["status"] not in (200, 201, 304)
        ]

    def summary(self) -> str:
        """One line a phase: how many requests of each kind, and how many of them failed."""
        lines = []
        for name in dict.fromkeys(name for name, _begun in self.phases):
            sent = Counter(line["kind"] for line in self.requests(name))
            failed = [f"{kind} {len(self.failed(name, kind))}/{sent[kind]} failed" for kind in sorted(sent)]
            slowest = max((line["took"] for line in self.requests(name)), default=0)
            lines.append(f"{name:10} {', '.join(failed)}, slowest {slowest} s")
        return "\n".join(lines)

    def restart(self, app: AppHost) -> None:
        """Bring a host back that died."""
        app.host.come_back()
        app.start()
        wait_until(app.is_ready, f"{app.host.address} is ready again")

    def reload(self, app: AppHost) -> None:
        """New processes on one host, as `systemctl reload` makes them; returns when the old are gone."""
        before = app.log.read_text().count("Worker exiting")
        app.web.process.send_signal(signal.SIGHUP)
        wait_until(lambda: app.log.read_text().count("Worker exiting") > before, "the old processes are gone")
        wait_until(app.is_ready, f"{app.host.address} is ready with its new process")

    def promote(self) -> servers.Postgres:
        """Make the replica that knows most the primary; returns it."""
        best = max(
            self.databases[1:], key=lambda one: one.ask("SELECT pg_last_wal_receive_lsn() - '0/0'")[0][0]
        )
        best.promote()
        wait_until(lambda: not best.ask("SELECT pg_is_in_recovery()")[0][0], "promotion")
        return best

    def remove(self) -> None:
        """End everything and delete it; REDOUBT_TEST_KEEP keeps the logs."""
        self.network.remove()
        if not os.environ.get("REDOUBT_TEST_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)
