"""A minimal browser for measurements: it stores cookies and sends forms with their tokens.

The size of a page with all its resources is measured with Chromium.
"""

import gzip
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import brotli
from bs4 import BeautifulSoup
from flask_compress.compat import compression
from playwright.sync_api import sync_playwright

IDLE = 0.5  # seconds after which a server may have closed a connection
PACKED = {"Accept-Encoding": "gzip, deflate, br, zstd"}  # as Chromium, Firefox and Safari send it over https
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": compression.zstd.decompress,
    "": bytes,
}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the body as sent, how that is packed, its text, how long it took."""

    status: int
    sent: bytes
    packing: str
    text: str
    milliseconds: float


class Browser:
    """One visitor of the server at a port of this machine."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies = {}
        self.used = 0.0

    def get(self, path: str) -> Answer:
        """Ask for a page, without what belongs to it."""
        return self._ask("GET", path)

    def send(self, path: str, **fields: str) -> Answer:
        """Send a form."""
        return self._ask("POST", path, urlencode(fields), form=True)

    @property
    def headers(self) -> dict[str, str]:
        """The headers with the cookies."""
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _ask(self, method: str, path: str, body: str | None = None, *, form: bool = False) -> Answer:
        headers = {**PACKED, "Accept": "text/html,*/*"}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookies:
            headers |= self.headers
        began = time.perf_counter()
        if began - self.used > IDLE:
            self.connection.close()  # the next request opens another
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        sent = answer.read()
        self.used = time.perf_counter()
        took = (self.used - began) * 1000
        for line in answer.headers.get_all("Set-Cookie") or ():
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        packing = answer.headers.get("Content-Encoding", "")
        return Answer(answer.status, sent, packing, UNPACK[packing](sent).decode("utf-8", "replace"), took)

    def token(self, path: str) -> str:
        """The token in the forms of a page."""
        field = BeautifulSoup(self.get(path).text, "html.parser").find("input", {"name": "csrf_token"})
        if field is None:
            raise RuntimeError(f"{path} has no form")
        return str(field["value"])

    def log_in(self, username: str, password: str) -> None:
        """Log in as a member; raises RuntimeError when it is refused."""
        answer = self.send("/login", csrf_token=self.token("/login"), username=username, password=password)
        if answer.status not in (302, 303):
            raise RuntimeError(f"{username} was not let in: {answer.status}")


def weigh(url: str) -> tuple[float, int] | None:
    """(KB, requests) of a first visit, bodies as they are sent; None where there is no Chromium."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        return None
    sizes = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
        page.goto(url, wait_until="networkidle")
        browser.close()
    return sum(sizes) / 1000, len(sizes)
