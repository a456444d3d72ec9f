"""Cached pages while somebody writes elsewhere: rates and latencies beside those of the quiet site."""

import itertools
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from bench import load
from bench.browser import Browser
from bench.members import LINK, TEXT
from bench.pages import QUESTION
from bench.plan import ACTIVE_MEMBERS
from bench.sites import Served, Site
from bench.statistics import Run, Samples, interleaved
from posts.actions import MAX_POSTS

PAGES = (QUESTION, "questions, newest", "front page", "article")
RATES = (0, 1, 5, 20)  # answers a second
CONNECTIONS = 8
MIN_SECONDS = 4
RUNS = 3


class Writer(threading.Thread):
    """Posts `rate` answers a second to `question`, by one member after the other."""

    def __init__(self, browsers: Iterator[tuple[Browser, str]], question: str, rate: int) -> None:
        super().__init__(daemon=True)
        self.browsers = browsers
        self.question = question
        self.rate = rate
        self.stopping = threading.Event()
        self.posted = 0
        self.error = ""

    def run(self) -> None:
        """Post until stop() is called; a post that takes too long delays the next ones."""
        next_at = time.monotonic()
        while not self.stopping.wait(max(0, next_at - time.monotonic())):
            next_at += 1 / self.rate
            browser, token = next(self.browsers)
            answer = browser.send(self.question, csrf_token=token, body=TEXT.format(word=random.random()))  # noqa: S311
            if answer.status not in (302, 303):
                self.error = f"an answer was refused: {answer.status}"
                return
            self.posted += 1

    def stop(self) -> None:
        """End it; raises RuntimeError when a post was refused."""
        self.stopping.set()
        self.join()
        if self.error:
            raise RuntimeError(self.error)


def measure(site: Site, seconds: float) -> dict[str, Samples]:
    """{"page, N posts a second": metrics}: each page beside each rate, in turn."""
    with site.served() as served:
        found_link = LINK.search(Browser(served.port).get("/questions").text)
        if found_link is None:
            raise RuntimeError("there is no question")
        question = found_link[1]
        needed = sum(RATES) * max(seconds, MIN_SECONDS) * len(PAGES) * RUNS * 2
        writers = _writers(served, question, int(needed))
        targets = {
            f"{page}, {rate} posts a second": _beside(
                load.page(
                    served.url(site.addresses[page]),
                    served.web,
                    connections=CONNECTIONS,
                    seconds=max(seconds, MIN_SECONDS),
                ),
                writers,
                question,
                rate,
            )
            for page, rate in itertools.product(PAGES, RATES)
        }
        return interleaved(targets, RUNS)


def _writers(served: Served, question: str, posts: int) -> Iterator[tuple[Browser, str]]:
    """Logged-in members with a token, each as often as they may post.

    A member may post MAX_POSTS times in ten minutes, so the limits of the members are emptied when all have
    written.
    """
    browsers = [served.member(number) for number in ACTIVE_MEMBERS]
    tokens = [browser.token(question) for browser in browsers]
    while posts > 0:
        for browser, token in zip(browsers, tokens, strict=True):
            for _ in range(MAX_POSTS):
                posts -= 1
                yield browser, token
        served.site.forget_attempts()


@contextmanager
def _writing(writers: Iterator[tuple[Browser, str]], question: str, rate: int) -> Iterator[None]:
    if not rate:
        yield
        return
    writer = Writer(writers, question, rate)
    writer.start()
    try:
        yield
    finally:
        writer.stop()


def _beside(run: Run, writers: Iterator[tuple[Browser, str]], question: str, rate: int) -> Run:
    """The run while `rate` answers a second are posted."""

    def beside() -> dict[str, float]:
        with _writing(writers, question, rate):
            return run()

    return beside


def ratios(rows: dict[str, Samples]) -> dict[str, tuple[float, float]]:
    """{page: (rate at five posts a second, its p99), each as a share of the quiet site's}."""
    found = {}
    for page in PAGES:
        quiet, busy = (rows[f"{page}, {rate} posts a second"] for rate in (0, 5))
        found[page] = tuple(median(busy[key]) / median(quiet[key]) for key in ("rate", "p99"))
    return found
