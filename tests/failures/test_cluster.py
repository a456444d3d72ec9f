"""Three hosts, three databases, Redis and nginx, ended one after the other while people read and write."""

from collections import Counter

import pytest

from tests.failures.cluster import POSTERS, Cluster
from tests.failures.hosts import needs_hosts
from tests.failures.processes import wait_until

pytestmark = [pytest.mark.long, pytest.mark.postgres, needs_hosts]
EVERYBODY = ("post", "visitor", "member")
READERS = ("visitor", "member")


@pytest.fixture(scope="module")
def story():
    """The cluster after all this; its `primary` is the database that was promoted."""
    cluster = Cluster()
    try:
        cluster.start()
        with cluster.load():
            cluster.phase("calm", 4, everybody=True)
            _end_one_of_each(cluster)
            cluster.phase("primary")
            cluster.hosts_of_databases[0].die()
            cluster.phase("primary", 5)
            cluster.primary = cluster.promote()
            cluster.phase("promoted", 15)
        _let_workers_finish(cluster)
        print(cluster.summary())
        yield cluster
    finally:
        cluster.remove()


def _end_one_of_each(cluster):
    cluster.phase("host")
    cluster.apps[0].host.die()
    cluster.phase("host", 5)
    cluster.restart(cluster.apps[0])
    cluster.phase("worker")
    cluster.apps[1].worker.kill()
    cluster.phase("worker", 3, everybody=True)
    cluster.apps[1].start_worker()
    cluster.phase("redis")
    cluster.redis.kill()
    cluster.phase("redis", 5, everybody=True)
    cluster.redis.start()
    cluster.phase("reload")
    cluster.reload(cluster.apps[1])
    cluster.reload(cluster.apps[2])
    cluster.phase("replica")
    cluster.hosts_of_databases[1].die()
    cluster.phase("replica", 6, everybody=True)
    cluster.hosts_of_databases[1].come_back()
    cluster.databases[1].start()
    cluster.phase("calm again", 5, everybody=True)


def _let_workers_finish(cluster):
    """The claims of the worker that was killed run out at once, not in five minutes."""
    cluster.primary.ask("UPDATE events SET claimed_until = now() WHERE done_at IS NULL")
    wait_until(
        lambda: not cluster.primary.ask("SELECT 1 FROM events WHERE done_at IS NULL LIMIT 1"),
        "every event is heard",
    )


def acknowledged(cluster):
    return {line["id"]: line["marker"] for line in cluster.requests() if line["status"] == 201}


def test_every_acknowledged_post_is_there_once(story):
    there = dict(story.primary.ask("SELECT id, title FROM posts WHERE title LIKE 'Marker %'"))
    known = acknowledged(story)
    assert len(known) > 50
    assert {number: title for number, title in there.items() if number in known} == known
    assert max(Counter(there.values()).values()) == 1, "one that was not acknowledged is there once at most"


def test_who_watches_is_told_of_every_post_once(story):
    notified = Counter(
        number
        for (number,) in story.primary.ask(
            "SELECT n.post_id FROM notifications n JOIN users u ON u.id = n.user_id "
            "WHERE u.username = 'watcher'"
        )
    )
    assert set(acknowledged(story)) <= set(notified) and set(notified.values()) == {1}


@pytest.mark.parametrize("phase", ["calm", "worker", "redis", "reload", "replica", "calm again"])
def test_nobody_notices(story, phase):
    assert {line["kind"] for line in story.requests(phase)} == set(EVERYBODY)
    assert story.failed(phase, *EVERYBODY) == []


def test_a_host_that_dies_fails_only_posts_that_it_had_begun(story):
    assert story.failed("host", *READERS) == []
    assert len(story.failed("host", "post")) <= POSTERS


def test_visitors_read_on_while_there_is_no_primary(story):
    assert len([line for line in story.requests("primary") if line["kind"] == "visitor"]) > 3
    assert story.failed("primary", "visitor") == []


def test_all_goes_on_by_itself_with_the_promoted_replica(story):
    late = story.requests("promoted")[-20:]
    assert {line["kind"] for line in late} == set(EVERYBODY)
    assert [line for line in late if line["status"] not in (200, 201)] == []


def test_the_other_replica_follows_the_promoted_one(story):
    wait_until(
        lambda: story.primary.ask("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"),
        "somebody follows",
    )


def test_no_host_noticed_redis_but_for_a_warning(story):
    logs = "".join(app.log.read_text() for app in story.apps)
    assert "no pages from Redis" in logs
