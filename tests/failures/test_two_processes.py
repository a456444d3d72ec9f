"""Two processes of one site, and a random history: every page of either is the page that would be made now.

Meanwhile a process and Redis are ended by kill -9. A page may be refused then (503), and is never an old one.
"""

import http.client
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from auth import actions as auth
from auth.models import User
from bench.programs import Program, answers, free_port
from core.database.db import db
from core.jobs import events
from posts import voting
from posts.models import Post
from tests import registries
from tests.failures import servers
from tests.failures.processes import wait_until
from tests.history import TEXT, History, community
from tests.readers import ROLES, Readers, no_caches, stable

pytestmark = pytest.mark.long
STEPS = 5_000
WRITES, BY_SERVER = 0.4, 0.2  # shares of all steps; what the processes write themselves, by their API
DELIVER_STEPS = 40  # between two deliveries of notifications
HOST = "redoubt.example"
SETTINGS = {
    "REDOUBT_SITE_URL": f"http://{HOST}",
    "REDOUBT_SECRET_KEY": "of this test",
    "REDOUBT_PRIVILEGE_SCALE": "0",
}
CHANGED = ("kill", "restart", "without redis", "with redis")  # at equal distances


@pytest.fixture
def settings():
    """The site of this process is the third one: it writes, and makes every page anew."""
    return SETTINGS


class Pair:
    """Two processes with the settings of `app`, on SQLite, or with a Redis of their own beside PostgreSQL."""

    def __init__(self, app):
        self.folder = Path(tempfile.mkdtemp(prefix="redoubt-pair-"))
        given = ("REDOUBT_INSTANCE", "REDOUBT_DATABASE_URL", *SETTINGS)
        settings = {name: str(app.config[name]) for name in given}
        settings |= {"REDOUBT_WORKER": "off", "REDOUBT_RATE_LIMITS": "off", "REDOUBT_LIST_SECONDS": "0"}
        settings["REDOUBT_PRIVILEGE_SCALE"] = SETTINGS["REDOUBT_PRIVILEGE_SCALE"]
        self.redis = None
        if app.config["REDOUBT_DATABASE_URL"]:
            port = free_port()
            self.redis = servers.redis(self.folder, Program, bind="127.0.0.1", port=port)
            settings["REDOUBT_REDIS_URL"] = f"redis://redoubt:change-this@127.0.0.1:{port}/0"
        self.ports = [free_port(), free_port()]
        self.programs = [
            Program([sys.executable, "app.py"], self.folder / f"{port}.log", PORT=port, **settings)
            for port in self.ports
        ]
        self.connections: dict[int, http.client.HTTPConnection] = {}
        for number in range(2):
            self.wait_for(number)

    def wait_for(self, number: int) -> None:
        """Return when a process answers."""
        address = f"http://127.0.0.1:{self.ports[number]}/healthz"
        wait_until(lambda: answers(address), self.programs[number].output()[-2000:] or "a process answers")

    def ask(self, number: int, method: str, path: str, body=None, **headers: str) -> tuple[int, bytes, str]:
        """(status, body, address it leads to) from a process; (0, b"", "") when it does not answer."""
        if number not in self.connections:
            self.connections[number] = http.client.HTTPConnection("127.0.0.1", self.ports[number], timeout=30)
        try:
            self.connections[number].request(method, path, body, {"Host": HOST, **headers})
            answer = self.connections[number].getresponse()
            return answer.status, answer.read(), answer.headers.get("Location", "")
        except (OSError, http.client.HTTPException):
            self.connections.pop(number).close()
            return 0, b"", ""

    def change(self, name: str) -> None:
        """End or start what CHANGED says."""
        if name == "kill":
            self.programs[1].kill()
        elif name == "restart":
            self.programs[1].start()
            self.wait_for(1)
        elif self.redis is not None:
            (self.redis.kill if name == "without redis" else self.redis.start)()

    def remove(self) -> None:
        """End the processes."""
        for program in filter(None, [*self.programs, self.redis]):
            program.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def pair(app):
    """The two processes; they end with the test."""
    made = Pair(app)
    yield made
    made.remove()


class Comparison:
    """Steps of a history, written here or by the processes, and pages of theirs beside pages made anew."""

    def __init__(self, app, pair: Pair, history: History, readers: Readers):
        self.app, self.pair, self.history, self.readers = app, pair, history, readers
        self.rng = random.Random(STEPS)
        self.tokens = [auth.make_token(db.session.get(User, id), "test", "write") for id in history.people]
        db.session.commit()
        self.client = app.test_client(use_cookies=False)
        self.counts: Counter = Counter()

    def write_by_server(self) -> str:
        """A vote, a comment or an answer, sent to one of the processes."""
        post = self.history.any_post("question")
        acts = {
            f"/posts/{post.id}/vote": ("POST", {"value": self.rng.choice((1, -1))}),
            f"/posts/{post.id}/comments": ("POST", {"body": f"{TEXT} {self.rng.random()}"}),
            f"/questions/{post.id}/answers": ("POST", {"body": f"{TEXT} {self.rng.random()}"}),
        }
        path, (method, body) = self.rng.choice(list(acts.items()))
        headers = {
            "Authorization": f"Bearer {self.rng.choice(self.tokens)}",
            "Content-Type": "application/json",
        }
        db.session.rollback()
        number = self.rng.randrange(2)
        status, text, _to = self.pair.ask(number, method, f"/api/v1{path}", json.dumps(body), **headers)
        self.counts[f"written by a process: {status}"] += 1
        if status == 201:
            self.history.note(db.session.get(Post, json.loads(text)["id"]))
            db.session.rollback()
        return f"{method} {path}"

    def compare(self, after: tuple) -> None:
        """A page of one process, for somebody, beside the one made anew."""
        role = self.rng.choice(("visitor",) * 4 + ROLES[1:])
        number, path = self.rng.randrange(2), self.history.page(role)
        headers = self.readers.headers(role)
        status, page, to = self.pair.ask(number, "GET", path, **headers)
        where = (*after, role, path, number, status)
        if status in (0, 503):
            assert self.pair.programs[number].process.poll() is not None, where
            self.counts["no answer"] += 1
            return
        fresh = self.client.get(path, headers=headers, base_url=f"http://{HOST}")
        assert (status, to) == (fresh.status_code, fresh.headers.get("Location", "")), where
        assert stable(page) == stable(fresh.data), where
        assert self.readers.foreign(role, page) == [], where
        self.counts[role] += 1


@pytest.mark.every_database
def test_a_page_is_the_page_that_would_be_made_now(app, make_user, pair, monkeypatch, drain):
    """Notifications are delivered now and then; the search index stays empty, as it follows events later."""
    for limit in ("MAX_VOTES_PER_DAY", "MAX_UPVOTES_PER_AUTHOR", "MAX_DOWNVOTES_PER_AUTHOR"):
        monkeypatch.setattr(voting, limit, STEPS)
    handlers = {
        each: names for each, names in events._handlers.items() if each.__module__.startswith("notifications")
    }
    registries.replace(app, monkeypatch, "event_handlers", handlers)
    with no_caches(monkeypatch):
        steps = Comparison(app, pair, *community(app, make_user, STEPS))
        changes = {STEPS * number // 6: name for number, name in enumerate(CHANGED, 2)}
        act = "nothing"
        for number in range(STEPS):
            if number in changes:
                pair.change(changes[number])
            if number % DELIVER_STEPS == 0:
                drain()
            kind = steps.rng.random()
            if kind < BY_SERVER * WRITES:
                act = steps.write_by_server()
            elif kind < WRITES:
                act = steps.history.step()
            else:
                steps.compare((number, act))
    assert all(steps.counts[role] > STEPS / 30 for role in ROLES), steps.counts
    assert (
        0 < steps.counts["no answer"] < STEPS / 5 and steps.counts["written by a process: 201"] > STEPS / 100
    )
