"""A site as processes on one machine, a member who writes through them, and what became of every text."""

import itertools
import json
import re
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email import message_from_string, policy
from http.client import HTTPException
from pathlib import Path

from sqlalchemy import func, select

from app import create_app
from auth import actions as auth_actions
from bench.programs import Program, answers, free_port
from core.database import schema
from core.database.db import db
from core.database.models import Event, OutgoingMail
from notifications import actions as notify_actions
from notifications.models import Notification
from posts.models import Post
from posts.tags import actions as tag_actions
from tests.failures.processes import WEB, wait_until
from tests.failures.sites import leave

BODY = "It happens since the last patch day, on every server of the second building, and only there."
MARKER = re.compile("marker[0-9]{4}")
# a worker whose claims run out sooner than others'
WORKER = [
    sys.executable,
    "-c",
    """
from datetime import timedelta
from app import create_app
from core.jobs import claims
claims.CLAIM_DURATION = timedelta(seconds=4)
app = create_app()
with app.app_context():
    app.extensions["worker"].run()
""",
]


class Community:
    """The site on `settings`, served by gunicorn, with `flask worker` beside it; or, `alone`, by app.py.

    walter asks questions, each with a marker of its own in the title; wendy watches their tag and wants a
    mail about each at once.
    """

    def __init__(self, folder: Path, *, alone: bool = False, **settings: object):
        self.settings = {"REDOUBT_RATE_LIMITS": "off", "REDOUBT_PRIVILEGE_SCALE": "0", **settings}
        self.instance = Path(self.settings["REDOUBT_INSTANCE"])
        self.site = create_app(**self.settings)
        with self.site.app_context():
            self.token = self._people()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        web = [sys.executable, "app.py"] if alone else [*WEB, "--bind", f"127.0.0.1:{self.port}"]
        self.web = Program(web, folder / "web.log", PORT=self.port, **self.settings)
        self.worker = None if alone else Program(WORKER, folder / "worker.log", **self.settings)
        self.acknowledged: list[str] = []
        self._numbers, self._lock = itertools.count(1), threading.Lock()
        wait_until(lambda: answers(f"{self.url}/healthz"), "the site")

    def _people(self) -> str:
        schema.ensure()
        walter, wendy = (
            auth_actions.make_user(name, email=f"{name}@example.org", confirmed=True)
            for name in ("walter", "wendy")
        )
        notify_actions.watch(wendy, tag_actions.make_tags(["patching"])["patching"], True)
        notify_actions.choose(wendy, {"tag": "mail"})
        token = auth_actions.make_token(walter, "test", "write")
        db.session.commit()
        return token

    def request(self, path: str, body: dict | None = None) -> tuple[int, str]:
        """(status, body) of a request with walter's token; (0, "") when no answer came."""
        request = urllib.request.Request(
            self.url + path,
            body and json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (OSError, HTTPException):
            return 0, ""

    def ask(self) -> None:
        """Ask the next question, again and again until it is acknowledged, as a person would."""
        with self._lock:
            marker = f"marker{next(self._numbers):04}"
        question = {"title": f"What does {marker} on the printer mean?", "body": BODY, "tags": ["patching"]}
        while (status := self.request("/api/v1/questions", question)[0]) != 201:
            assert status in (0, 503), status
            time.sleep(0.2)
        with self._lock:
            self.acknowledged.append(marker)

    def ask_many(self, count: int, meanwhile=()) -> None:
        """Four people ask `count` questions in all; each action of `meanwhile` comes after an equal share."""
        before, actions = len(self.acknowledged), list(meanwhile)
        with ThreadPoolExecutor(4) as people:
            asked = [people.submit(self.ask) for _ in range(count)]
            for number, action in enumerate(actions, 1):
                share = before + count * number // (len(actions) + 1)
                wait_until(lambda share=share: len(self.acknowledged) >= share, f"{share} questions")
                action()
            for one in asked:
                one.result()

    def settle(self) -> None:
        """Wait until everything has been handled, notified and mailed."""

        def is_quiet() -> bool:
            with self.site.app_context():
                left = [
                    db.session.scalar(select(func.count()).where(*waiting))
                    for waiting in (
                        [Event.done_at.is_(None)],
                        [OutgoingMail.sent_at.is_(None)],
                        [Notification.due_at.is_not(None), Notification.mailed_at.is_(None)],
                    )
                ]
            return not any(left)

        wait_until(is_quiet, "all is notified and mailed")

    def outcome(self) -> dict[str, Counter]:
        """How often each marker is there: asked, found by search, in wendy's inbox, mailed to her."""
        with self.site.app_context():
            asked = list(db.session.scalars(select(Post.title).where(Post.kind == "question")))
            notified = list(
                db.session.scalars(select(Post.title).join(Notification, Notification.post_id == Post.id))
            )
        mails = [path.read_text() for path in (self.instance / "outbox").glob("*.eml")]
        texts = {
            "asked": asked,
            "found": self.found(),
            "notified": notified,
            "mailed": [message_from_string(mail, policy=policy.default)["Subject"] for mail in mails],
        }
        return {name: Counter(MARKER.search(text)[0] for text in some) for name, some in texts.items()}

    def found(self) -> list[str]:
        """The titles that search finds for what was acknowledged."""
        return [
            item["title"]
            for marker in self.acknowledged
            for item in json.loads(self.request(f"/api/v1/search?q={marker}")[1])["items"]
        ]

    def everything_once(self) -> dict[str, Counter]:
        """What outcome() must be."""
        return {what: Counter(self.acknowledged) for what in ("asked", "found", "notified", "mailed")}

    def stop(self) -> None:
        """End the processes."""
        self.web.kill()
        if self.worker is not None:
            self.worker.kill()
        leave(self.site)
