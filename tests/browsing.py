"""Chromium and a served site for the tests that look at pages."""

import shutil
import threading
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from waitress.server import create_server

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def served(app):
    """The site on a loopback port of its own; gives its address."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@contextmanager
def chromium():
    """A browser that opens contexts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def press(page, selector):
    """Click what leads to another page, and wait until that is there."""
    with page.expect_navigation():
        page.click(selector)


def findings(page) -> list[tuple]:
    """What axe has to say against the page as it stands: (rule, first element)."""
    return [
        (found["id"], found["nodes"][0]["html"][:200]) for found in Axe().run(page).response["violations"]
    ]
