"""Redis as docs/deploy/ sets it up shares pages and limits; without it the site goes on; nobody trusts it."""

import pickle
import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from redis import Redis
from redis.exceptions import RedisError

from app import create_app
from bench.programs import Program, free_port
from core.cache.dependencies import Dependencies, Snapshot
from core.cache.page_cache import CachedPage, page_store
from core.cache.redis_cache import KEY_PREFIX
from core.database import schema
from core.limits import costs
from tests.failures import servers
from tests.failures.processes import wait_until
from tests.sites import Browser

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server on this machine"),
]
PAGE = CachedPage(
    Snapshot(7, frozenset({3, 5})),
    Dependencies(frozenset({"thread:1"}), frozenset({"kind:question"})),
    1_700_000_000.5,
    {"": b"<p>for visitors</p>", "br": b"packed \x00\n\xff", "gzip": b"\n"},
    [("Content-Type", "text/html")],
    "etag",
)


@pytest.fixture(scope="module")
def redis():
    folder = Path(tempfile.mkdtemp(prefix="redoubt-redis-"))
    port = free_port()
    program = servers.redis(folder, Program, bind="127.0.0.1", port=port)
    program.url = f"redis://redoubt:change-this@127.0.0.1:{port}/0"
    wait_until(lambda: _answers(program.url), "redis answers")
    yield program
    program.kill()
    shutil.rmtree(folder, ignore_errors=True)


def _answers(url):
    try:
        return Redis.from_url(url).ping()
    except RedisError:
        return False


@pytest.fixture
def site(redis):
    if redis.process.poll() is not None:
        redis.start()
        wait_until(lambda: _answers(redis.url), "redis answers")
    folder = Path(tempfile.mkdtemp(prefix="redoubt-site-"))
    site = create_app(REDOUBT_INSTANCE=folder, REDOUBT_WORKER="off", REDOUBT_REDIS_URL=redis.url)
    site.config.update(WTF_CSRF_ENABLED=False)
    site.test_client_class = Browser
    with site.app_context():
        schema.ensure()
        page_store().clear()
        for key in keys(redis, "LIMITS*"):
            Redis.from_url(redis.url).delete(key)
        yield site
    shutil.rmtree(folder, ignore_errors=True)


def keys(redis, pattern):
    return [key.decode() for key in Redis.from_url(redis.url).scan_iter(pattern)]


def test_a_page_is_the_same_when_it_comes_back(site):
    page_store().set("address", PAGE)
    assert page_store().get("address") == PAGE


def test_pages_are_shared(site, redis):
    first = site.test_client().get("/help").data
    (key,) = keys(redis, f"{KEY_PREFIX}*")
    assert page_store().get(key.removeprefix(KEY_PREFIX)).body("") == first


def test_clearing_drops_the_pages_and_nothing_else(site, redis):
    page_store().set("address", PAGE)
    site.test_client().post("/theme")
    assert page_store().clear() and not keys(redis, f"{KEY_PREFIX}*") and keys(redis, "LIMITS*")


class Harm:
    done: ClassVar[list] = []

    def __reduce__(self):
        return Harm.done.append, ("code of whoever can write to Redis",)


@pytest.mark.parametrize(
    "forged",
    [pickle.dumps(Harm()), b"!" + pickle.dumps(Harm()), b"", b"x", b"." * 99],
    ids=["pickle", "cachelib's pickle", "nothing", "short", "long"],
)
def test_what_others_wrote_there_is_not_read(site, redis, forged):
    Redis.from_url(redis.url).set(KEY_PREFIX + "address", forged)
    assert page_store().get("address") is None and Harm.done == []


def test_a_changed_page_is_not_served(site, redis):
    page_store().set("address", PAGE)
    server = Redis.from_url(redis.url)
    server.set(KEY_PREFIX + "address", server.get(KEY_PREFIX + "address").replace(b"visitors", b"everyone"))
    assert page_store().get("address") is None


def test_a_page_is_not_served_under_another_address(site, redis):
    page_store().set("address", PAGE)
    server = Redis.from_url(redis.url)
    server.set(KEY_PREFIX + "another", server.get(KEY_PREFIX + "address"))
    assert page_store().get("another") is None


def test_a_page_of_a_site_with_another_key_is_not_served(site):
    page_store().set("address", PAGE)
    store = page_store()
    assert type(store)(store.redis, "another secret", 60).get("address") is None


@pytest.mark.parametrize(
    "command",
    [("CONFIG", "GET", "dir"), ("FLUSHALL",), ("GET", "another key"), ("KEYS", "*"), ("SHUTDOWN",)],
    ids=" ".join,
)
def test_the_sites_account_may_do_no_more_than_it_needs(redis, site, command):
    with pytest.raises(RedisError, match=r"(?i)permission"):
        Redis.from_url(redis.url).execute_command(*command)


def test_nobody_else_may_do_anything(redis, site):
    with pytest.raises(RedisError):
        Redis.from_url(redis.url.replace("redoubt:change-this@", "")).ping()


def test_without_redis_pages_are_made_anew(site, redis):
    client = site.test_client()
    first = client.get("/help").data
    redis.kill()
    assert [client.get("/help").data for _ in range(3)] == [first] * 3


def test_without_redis_limits_are_counted_in_memory(site, redis):
    client = site.test_client()
    most = costs.CHEAP.by_address
    assert client.post("/theme").status_code == 302
    redis.kill()
    statuses = [client.post("/theme").status_code for _ in range(most + 1)]
    assert statuses[0] == 302 and statuses[-1] == 429 and set(statuses) == {302, 429}


def test_redis_is_used_again_when_it_is_back(site, redis):
    client = site.test_client()
    redis.kill()
    client.get("/help")
    redis.start()
    wait_until(lambda: _answers(redis.url), "redis answers")
    wait_until(lambda: client.get("/help") and keys(redis, f"{KEY_PREFIX}*"), "pages are kept")
