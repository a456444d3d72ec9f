"""kill -9 while people write: every acknowledged post is there once, found, notified once and mailed once."""

import time

import pytest

from bench.programs import answers
from tests import postgres as own_postgres
from tests.failures.processes import wait_until

pytestmark = pytest.mark.long
POSTS, KILLS = 200, 3
FOUND_SECONDS = 30  # after a kill, restart included


@pytest.mark.every_database
def test_what_was_acknowledged_before_a_kill_is_found_soon_after(processes, database):
    """With claims as long as they really are; the worker is killed in the midst of its work."""
    site = processes(alone=True, **database)
    for _ in range(KILLS):
        site.ask_many(36, [lambda: None])
        site.web.kill()
        killed = time.monotonic()
        site.web.start()
        wait_until(lambda: answers(f"{site.url}/healthz"), "the site")
        wait_until(
            lambda: len(site.found()) >= len(site.acknowledged),
            "all is found",
            killed + FOUND_SECONDS - time.monotonic(),
        )
    assert len(site.acknowledged) == KILLS * 36 and len(site.found()) == KILLS * 36


def check(site):
    """Every text that was acknowledged is where it must be, exactly once."""
    site.settle()
    assert len(site.acknowledged) == len(set(site.acknowledged)) == POSTS
    assert site.outcome() == site.everything_once()


def test_web(processes):
    site = processes()

    def kill():
        site.web.kill()
        site.web.start()

    site.ask_many(POSTS, [kill] * KILLS)
    check(site)


def test_worker(processes):
    site = processes()

    def kill():
        site.worker.kill()
        site.worker.start()

    site.ask_many(POSTS, [kill] * KILLS)
    check(site)


@pytest.mark.postgres
def test_database(processes):
    server = own_postgres.Cluster(fsync="on", full_page_writes="on")
    try:
        site = processes(REDOUBT_DATABASE_URL=server.create("redoubt"))

        def kill():
            server.kill()
            wait_until(lambda: site.request("/readyz")[0] == 503, "/readyz says so")
            assert answers(f"{site.url}/healthz") and site.request("/questions")[0] == 503
            server.start()

        site.ask_many(POSTS, [kill] * KILLS)
        check(site)
    finally:
        server.stop()
