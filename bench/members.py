"""What members do: post an answer as a browser does, and find it."""

import random
import re
import secrets
import time

from bench.browser import Browser
from bench.peers import Peer, PeerUnavailable
from bench.plan import ACTIVE_MEMBERS
from bench.programs import free_port
from bench.sites import Served, Site
from bench.statistics import RUNS, Samples, spread
from posts.actions import MAX_POSTS

POSTS_PER_RUN = 10  # answers of one member
INDEX_TIMEOUT_SECONDS = 30  # until a new post must be found
TEXT = "The update needs a restart: see `Get-HotFix`, then the **event log** again. {word}\n\n- one\n- two"
LINK = re.compile(r'href="(/questions/\d+/[^"?#]+)"')


def measure(site: Site, peers: list[Peer]) -> dict[str, Samples]:
    """Latencies of posting, and seconds until a new post is found, a member in each run."""
    if POSTS_PER_RUN > MAX_POSTS:
        raise RuntimeError("a member may not post so much")
    found: dict[str, Samples] = {}
    with site.served() as served:
        found_link = LINK.search(Browser(served.port).get("/questions").text)
        if found_link is None:
            raise RuntimeError("there is no question")
        question = found_link[1]
        writers = [served.member(number) for number in random.SystemRandom().sample(ACTIVE_MEMBERS, 2 * RUNS)]
        for browser in writers[:RUNS]:
            _add(
                found,
                "posting an answer",
                spread([_post(browser, question)[0] for _ in range(POSTS_PER_RUN)]),
            )
        for browser in writers[RUNS:]:
            _add(found, "a new post is found", {"seconds": _until_found(served, browser, question)})
    for peer in peers:
        port = free_port()
        with peer.served(port):
            try:
                browser = peer.member(port)
                for _ in range(RUNS):
                    _add(
                        found,
                        f"{peer.name}: posting a reply",
                        spread([peer.reply(browser, TEXT.format(word="")) for _ in range(POSTS_PER_RUN)]),
                    )
            except PeerUnavailable:
                continue
    return found


def _add(found: dict[str, Samples], name: str, metrics: dict[str, float]) -> None:
    for key, value in metrics.items():
        found.setdefault(name, {}).setdefault(key, []).append(value)


def _post(browser: Browser, question: str) -> tuple[float, str]:
    """(milliseconds of the form alone, a word that only this answer has)."""
    word = f"zq{secrets.token_hex(6)}"
    answer = browser.send(question, csrf_token=browser.token(question), body=TEXT.format(word=word))
    if answer.status not in (302, 303):
        raise RuntimeError(f"an answer was refused: {answer.status}")
    return answer.milliseconds, word


def _until_found(served: Served, browser: Browser, question: str) -> float:
    """Seconds from the answer of the server to the first search that finds the post."""
    _took, word = _post(browser, question)
    began = time.monotonic()
    visitor = Browser(served.port)
    while question not in visitor.get(f"/search?q={word}").text:
        if time.monotonic() - began > INDEX_TIMEOUT_SECONDS:
            raise RuntimeError(f"a new post was not found within {INDEX_TIMEOUT_SECONDS} s")
        time.sleep(0.02)
    return time.monotonic() - began
