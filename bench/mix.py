"""A living site: visitors, members, searches and writes at once, the same mix for us and for the peers.

Of a hundred requests 70 are a visitor's page, 25 a member's, 3 searches and 2 posted answers.
Pages are drawn unevenly (Zipf: the r-th as often as 1/r) from the front page, the list of threads and the
threads that all of them have; eight connections each send one request after the other, in one order that a
seed fixes. Members are logged in through the form, with sessions of their own.
"""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import accumulate
from urllib.parse import quote

from sqlalchemy import select

from bench.browser import Browser
from bench.client import Connection, request
from bench.members import TEXT
from bench.peers import TOPICS, Community, Peer, PeerUnavailable
from bench.plan import ACTIVE_MEMBERS
from bench.programs import free_port
from bench.sites import Served, Site
from bench.statistics import Run, Samples, interleaved, percentile
from bench.words import TECHNICAL, vocabulary
from core.database.db import db
from forum.models import Question
from posts.actions import MAX_POSTS

VISITOR, MEMBER, SEARCH, WRITE = "visitor", "member", "search", "write"
SHARES = {VISITOR: 70, MEMBER: 25, SEARCH: 3, WRITE: 2}  # of a hundred requests
CONNECTIONS = 8
MIN_SECONDS = 8
MAX_RUN_FACTOR = 5  # times `seconds`, until each kind was answered
WARM_UP_SECONDS = 2  # at the beginning of each run, not counted
RUNS = 3
ACCEPTED = {VISITOR: {200}, MEMBER: {200}, SEARCH: {200}, WRITE: {302, 303}}
OURS = "ours"


@dataclass
class Member:
    """A logged-in member: the headers and the token of the session."""

    headers: dict[str, str]
    token: str


def own_community(served: Served) -> Community:
    """What the mix asks of our site: the questions that the peers are filled with too."""
    site = served.site
    with site.app.app_context():
        questions = db.session.scalars(
            select(Question).where(Question.is_public).order_by(Question.id).limit(TOPICS)
        )
        threads = [(question.url, question.url) for question in questions]

    def search(words: str, headers: dict[str, str], _token: str) -> bytes:
        return request(f"/search?q={quote(words)}", headers)

    return Community(
        lists=["/", "/questions"],
        threads=threads,
        members=[served.member(number) for number in ACTIVE_MEMBERS],
        server=served.web,
        port=served.port,
        search=search,
        text_field="body",
        posts_each=MAX_POSTS,
        forget=site.forget_attempts,
    )


class Mix:
    """The requests of one community, drawn in a fixed order."""

    def __init__(self, community: Community, seed: int = 7) -> None:
        self.community = community
        self.rng = random.Random(seed)  # noqa: S311
        threads = list(community.threads)
        self.rng.shuffle(threads)
        self.pages = [*community.lists, *(page for page, _form in threads)]
        self.shares = zipf(len(self.pages))
        self.threads = threads
        self.thread_shares = zipf(len(threads))
        self.words = vocabulary(random.Random("vocabulary"))  # noqa: S311
        self.members = [self._member(browser) for browser in community.members]
        self.writers = self._writers()
        self.lock = threading.Lock()

    def _member(self, browser: Browser) -> Member:
        return Member(browser.headers, browser.token(self.threads[0][0]))

    def _writers(self) -> Iterator[Member]:
        """Members in turn, each as often as they may post; then the limits are emptied."""
        while True:
            for _ in range(self.community.posts_each):
                yield from self.members
            self.community.forget()

    def next(self) -> tuple[str, bytes]:
        """(kind, request) of the next one; safe to call from several threads."""
        with self.lock:
            kind = self.rng.choices(list(SHARES), list(SHARES.values()))[0]
            if kind == SEARCH:
                return kind, self._search()
            if kind == WRITE:
                return kind, self._write()
            return kind, self._page(is_member=kind == MEMBER)

    def member_page(self) -> bytes:
        """The request of a page by a member; safe to call from several threads."""
        with self.lock:
            return self._page(is_member=True)

    def _page(self, *, is_member: bool) -> bytes:
        page = self.rng.choices(self.pages, cum_weights=self.shares)[0]
        return request(page, self.rng.choice(self.members).headers if is_member else None)

    def _search(self) -> bytes:
        words = f"{self.rng.choice(TECHNICAL)} {self.words[self.rng.randrange(300, 20_000)]}"
        member = self.rng.choice(self.members)
        return self.community.search(words, member.headers, member.token)

    def _write(self) -> bytes:
        member = next(self.writers)
        _page, form = self.rng.choices(self.threads, cum_weights=self.thread_shares)[0]
        text = TEXT.format(word=f"zq{self.rng.getrandbits(48):x}")
        return request(form, member.headers, {"csrf_token": member.token, self.community.text_field: text})


def zipf(count: int) -> list[float]:
    """The weights 1, 1/2, 1/3 … of `count` things, summed up for random.choices()."""
    return list(accumulate(1 / rank for rank in range(1, count + 1)))


class Load:
    """CONNECTIONS threads that send what the mix draws, each one request after the other."""

    def __init__(self, mix: Mix, port: int) -> None:
        self.mix = mix
        self.port = port
        self.took: dict[str, list[float]] = {kind: [] for kind in SHARES}
        self.failed = 0
        self.errors: list[str] = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._send, daemon=True) for _ in range(CONNECTIONS)]

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def reset(self) -> None:
        """Forget what was measured so far."""
        self.took = {kind: [] for kind in SHARES}
        self.failed = 0

    def wait(self, seconds: float) -> None:
        """Let it run. Raises RuntimeError with the first answer that was not as it should be."""
        self.stopping.wait(seconds)
        if self.errors:
            raise RuntimeError(self.errors[0])

    def _send(self) -> None:
        connection = Connection(self.port)
        try:
            while not self.stopping.is_set():
                kind, data = self.mix.next()
                sent = connection.send(data)
                if sent.status in ACCEPTED[kind]:
                    self.took[kind].append(sent.milliseconds)
                elif self.mix.community.may_fail:
                    self.failed += 1
                else:
                    address = data.split(b" ", 2)[1].decode()
                    self.errors.append(f"{kind}: {address} was answered with {sent.status}")
                    break
        except OSError as error:
            self.errors.append(repr(error))
        finally:
            connection.close()
            if self.errors:
                self.stopping.set()


def _run(mix: Mix, seconds: float) -> Run:
    """A run of the whole mix; it lasts longer where a kind of request has not been answered yet."""
    community = mix.community

    def run() -> dict[str, float]:
        with Load(mix, community.port) as load:
            load.wait(WARM_UP_SECONDS)
            load.reset()
            began, before = time.perf_counter(), community.server.cpu()
            for _ in range(MAX_RUN_FACTOR):
                load.wait(seconds)
                if all(load.took.values()):
                    break
            else:
                raise RuntimeError("a kind of request was never answered")
            lasted, cpu = time.perf_counter() - began, community.server.cpu() - before
            took = {kind: list(values) for kind, values in load.took.items()}
            failed = load.failed
        count = sum(map(len, took.values()))
        return {
            "rate": count / lasted,
            "failed": failed / (count + failed) * 100,
            "cpu": cpu / count * 1000,
            **{
                f"{kind} p{share}": percentile(values, share / 100)
                for kind, values in took.items()
                for share in (50, 95)
            },
        }

    return run


def measure(site: Site, peers: list[Peer], seconds: float) -> dict[str, Samples]:
    """{name: metrics of the mix} of our site and of the peers that can be written to, in turn."""
    seconds = max(seconds, MIN_SECONDS)
    with ExitStack() as running:
        served = running.enter_context(site.served())
        targets = {OURS: _run(Mix(own_community(served)), seconds)}
        for peer in peers:
            port = free_port()
            server = running.enter_context(peer.served(port))
            with suppress(PeerUnavailable):
                targets[peer.name] = _run(Mix(peer.community(port, server)), seconds)
        return interleaved(targets, RUNS)
