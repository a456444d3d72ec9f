"""People at work: `python -m tests.failures.load PLAN` reads and writes until SIGTERM, a JSON line each.

PLAN is a JSON file: address (host to connect to), certificate, tokens (of who posts), cookies (of who is
logged in), and how many of each kind there are. Nothing is sent twice by us.
"""

import http.client
import itertools
import json
import random
import signal
import socket
import ssl
import sys
import threading
import time
from pathlib import Path

SITE = "redoubt.example"
TIMEOUT_SECONDS = 40  # seconds for one request
BODY = "It happens since the last patch day, on every server of the second site, and only there. " * 3
stopping = threading.Event()
writing = threading.Lock()


class Connection(http.client.HTTPSConnection):
    """A connection to nginx's address under the site's name."""

    def __init__(self, plan: dict):
        context = ssl.create_default_context(cafile=plan["certificate"])
        super().__init__(SITE, timeout=TIMEOUT_SECONDS, context=context)
        self.address = plan["address"]

    def connect(self):
        plain = socket.create_connection((self.address, 443), TIMEOUT_SECONDS)
        self.sock = self._context.wrap_socket(plain, server_hostname=SITE)


class Person(threading.Thread):
    """One of them; `act()` makes a request and says what it was."""

    def __init__(self, plan: dict, kind: str, pause: float):
        super().__init__(daemon=True)
        self.plan, self.kind, self.pause, self.connection = plan, kind, pause, None

    def run(self):
        while not stopping.wait(random.uniform(0.5, 1.5) * self.pause):
            self.act()

    def send(self, method: str, path: str, body: dict | None = None, **headers) -> None:
        """One request and its line; status 0 is no answer."""
        begun, status, answer, marker = time.time(), 0, b"", (body or {}).get("title")
        try:
            self.connection = self.connection or Connection(self.plan)
            self.connection.request(
                method,
                path,
                body and json.dumps(body),
                {
                    "Accept": "application/json" if body else "text/html",
                    **({"Content-Type": "application/json"} if body else {}),
                    **headers,
                },
            )
            response = self.connection.getresponse()
            status, answer = response.status, response.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
        made = json.loads(answer)["id"] if status == 201 else None
        line = {
            "kind": self.kind,
            "path": path,
            "status": status,
            "at": begun,
            "marker": marker,
            "took": round(time.time() - begun, 3),
            "id": made,
        }
        with writing:
            print(json.dumps(line), flush=True)


class Poster(Person):
    """Asks questions, each under a title of its own, in the names of all who have tokens."""

    names = itertools.count(1)
    tokens = None

    def act(self):
        Poster.tokens = Poster.tokens or itertools.cycle(self.plan["tokens"])
        title = f"Marker {next(self.names):05} of the question that must be there once"
        self.send(
            "POST",
            "/api/v1/questions",
            {"title": title, "body": BODY, "tags": ["patching"]},
            Authorization=f"Bearer {next(Poster.tokens)}",
        )


class Visitor(Person):
    """Reads as nobody."""

    def act(self):
        self.send("GET", random.choice(self.plan["paths"]))


class Member(Person):
    """Reads while logged in; which host answers is nobody's business."""

    def act(self):
        self.send("GET", random.choice(self.plan["paths"]), Cookie=random.choice(self.plan["cookies"]))


def main() -> None:
    """Everybody works until SIGTERM; then what was begun is finished."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    people = [
        kind(plan, name, plan["pause"])
        for name, kind in (("post", Poster), ("visitor", Visitor), ("member", Member))
        for _ in range(plan[name])
    ]
    for person in people:
        person.start()
    while not stopping.wait(1):
        pass
    for person in people:
        person.join(TIMEOUT_SECONDS)


if __name__ == "__main__":
    main()
