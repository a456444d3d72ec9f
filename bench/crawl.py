"""A crawler that reads every page of the site map once, at full speed, beside members who read."""

import re
import threading
from collections.abc import Iterator
from itertools import cycle
from urllib.parse import urlsplit

from bench.browser import Browser
from bench.client import Connection, request
from bench.mix import Mix, own_community
from bench.sites import Served, Site
from bench.statistics import Run, Samples, interleaved, spread

QUIET, CRAWLED = "members, quiet", "members, beside a crawler"
MEMBERS = 4
PAUSE_SECONDS = 0.1  # of a member between two pages
CRAWLER_CONNECTIONS = 2
MIN_SECONDS = 8
RUNS = 3
LOCATION = re.compile(r"<loc>([^<]+)</loc>")


class Reader(threading.Thread):
    """Sends requests, one after the other, until stop() is called."""

    def __init__(self, port: int, requests: Iterator[bytes], pause: float) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.requests = requests
        self.pause = pause
        self.took: list[float] = []
        self.error = ""
        self.stopping = threading.Event()

    def run(self) -> None:
        """Read; any answer but a page, or a redirect to one, ends it."""
        connection = Connection(self.port)
        try:
            while not self.stopping.wait(self.pause):
                sent = connection.send(next(self.requests))
                if sent.status not in (200, 301, 302):
                    self.error = f"a page was answered with {sent.status}"
                    return
                self.took.append(sent.milliseconds)
        except OSError as error:
            self.error = repr(error)
        finally:
            connection.close()

    def stop(self) -> None:
        """End it; raises RuntimeError when an answer was no page."""
        self.stopping.set()
        self.join()
        if self.error:
            raise RuntimeError(self.error)


class Shared:
    """An iterator that several threads read from."""

    def __init__(self, values: Iterator[bytes]) -> None:
        self.values = values
        self.lock = threading.Lock()

    def __iter__(self) -> "Shared":
        return self

    def __next__(self) -> bytes:
        with self.lock:
            return next(self.values)


def addresses(port: int) -> list[str]:
    """The paths of every page in the site map."""
    browser = Browser(port)

    def read(path: str) -> list[str]:
        found = LOCATION.findall(browser.get(path).text)
        return [urlsplit(url)._replace(scheme="", netloc="").geturl() or "/" for url in found]

    return [path for part in read("/sitemap.xml") for path in read(part)]


def measure(site: Site, seconds: float) -> dict[str, Samples]:
    """Latencies of members' pages without and with the crawler, in turn; and the crawler's pages a second.

    Each run continues where the one before ended: no page is read twice before all were read.
    """
    seconds = max(seconds, MIN_SECONDS)
    with site.served() as served:
        mix = Mix(own_community(served))
        pages = Shared(request(path) for path in cycle(addresses(served.port)))
        return interleaved(
            {
                QUIET: _run(served, mix, pages, seconds, crawlers=0),
                CRAWLED: _run(served, mix, pages, seconds, crawlers=CRAWLER_CONNECTIONS),
            },
            RUNS,
        )


def _run(served: Served, mix: Mix, pages: Shared, seconds: float, crawlers: int) -> Run:
    def run() -> dict[str, float]:
        members = [Reader(served.port, _member_pages(mix), PAUSE_SECONDS) for _ in range(MEMBERS)]
        readers = [*members, *(Reader(served.port, pages, 0) for _ in range(crawlers))]
        for reader in readers:
            reader.start()
        threading.Event().wait(seconds)
        for reader in readers:
            reader.stop()
        crawled = sum(len(reader.took) for reader in readers[MEMBERS:])
        took = [milliseconds for reader in members for milliseconds in reader.took]
        return {**spread(took), "pages": len(took) / seconds, "crawled": crawled / seconds}

    return run


def _member_pages(mix: Mix) -> Iterator[bytes]:
    while True:
        yield mix.member_page()
