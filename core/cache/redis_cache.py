"""Pages and fragments in Redis, shared by several processes; entries are authenticated with the site's key.

Redis is not trusted with code: a page is plain data (no pickle) under a MAC over its own key, so that a
client with write access to Redis can neither run code here, nor change a page, nor put one in another's
place. While Redis is unreachable nothing is cached, and it is tried again every RETRY_SECONDS.
"""

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable
from typing import Any

from redis import Redis, RedisError

from core.cache.dependencies import Dependencies, Snapshot
from core.cache.page_cache import CachedPage

KEY_PREFIX = "page:4:"  # change the number with the format: hosts of two releases may share a Redis
RETRY_SECONDS = 2
MAC_BYTES = hashlib.sha256().digest_size
REDIS_TIMEOUTS = {"socket_connect_timeout": 0.3, "socket_timeout": 0.5}  # seconds; rendering takes less
log = logging.getLogger(__name__)


class RedisBytes:
    """Byte strings in Redis under keys that begin with `prefix`, each for `ttl_seconds`, authenticated."""

    def __init__(self, redis: Redis, secret: str, prefix: str, ttl_seconds: int) -> None:
        self.redis = redis
        self.prefix = prefix
        self.ttl_seconds = ttl_seconds
        self.unavailable_until = 0.0  # of time.monotonic()
        self.mac_key = hashlib.sha256(f"cached pages:{secret}".encode()).digest()

    def get(self, key: str) -> bytes | None:
        """What is stored under `key`; None when there is nothing or its MAC is wrong."""
        entry = self._run(self.redis.get, self.prefix + key)
        if not entry:
            return None
        mac, data = entry[:MAC_BYTES], entry[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(key, data)):
            log.error("an entry in Redis was not written by this site: %s", self.prefix + key)
            return None
        return data

    def set(self, key: str, data: bytes) -> bool:
        """Store a byte string; returns whether Redis took it."""
        entry = self._mac(key, data) + data
        return bool(self._run(self.redis.set, self.prefix + key, entry, ex=self.ttl_seconds))

    def clear(self) -> bool:
        """Remove all entries, and no other keys of this Redis; returns False when it is unreachable."""
        keys = self._run(lambda: list(self.redis.scan_iter(self.prefix + "*", count=1000)))
        for key in keys or ():
            self._run(self.redis.unlink, key)
        return keys is not None

    def _run(self, command: Callable[..., Any], *args: object, **kwargs: object) -> Any:
        """The result of a Redis command; None while Redis is unreachable."""
        if time.monotonic() < self.unavailable_until:
            return None
        try:
            return command(*args, **kwargs)
        except RedisError as error:
            log.warning("no pages from Redis for %s s: %s", RETRY_SECONDS, error)
            self.unavailable_until = time.monotonic() + RETRY_SECONDS
            return None

    def _mac(self, key: str, data: bytes) -> bytes:
        name = self.prefix.encode() + key.encode()
        return hmac.digest(self.mac_key, name + b"\n" + data, "sha256")


class RedisCache:
    """CachedPage objects in Redis."""

    def __init__(self, redis: Redis, secret: str, ttl_seconds: int) -> None:
        self.redis = redis
        self.entries = RedisBytes(redis, secret, KEY_PREFIX, ttl_seconds)

    def get(self, key: str) -> CachedPage | None:
        """The page stored under `key`; None when there is none or its MAC is wrong."""
        data = self.entries.get(key)
        return _decode(data) if data else None

    def set(self, key: str, value: CachedPage) -> bool:
        """Store a page; returns whether Redis took it."""
        return self.entries.set(key, _encode(value))

    def clear(self) -> bool:
        """Remove all pages; returns False when Redis is unreachable."""
        return self.entries.clear()


def _encode(page: CachedPage) -> bytes:
    lengths = [(encoding, len(body)) for encoding, body in page.bodies.items()]
    snapshot = [page.snapshot.newest, sorted(page.snapshot.missing)]
    dependencies = [sorted(page.dependencies.names), sorted(page.dependencies.lists)]
    head = json.dumps([snapshot, dependencies, page.rendered_at, page.headers, page.etag, lengths]).encode()
    return b"".join([head, b"\n", *page.bodies.values()])


def _decode(data: bytes) -> CachedPage:
    head, _newline, rest = data.partition(b"\n")
    snapshot, dependencies, rendered_at, headers, etag, lengths = json.loads(head)
    bodies: dict[str, bytes] = {}
    start = 0
    for encoding, length in lengths:
        bodies[encoding] = rest[start : start + length]
        start += length
    newest, missing = snapshot
    names, lists = dependencies
    return CachedPage(
        Snapshot(newest, frozenset(missing)),
        Dependencies(frozenset(names), frozenset(lists)),
        rendered_at,
        bodies,
        [(name, value) for name, value in headers],
        etag,
    )


def connect_bytes(url: str, secret: str, prefix: str, ttl_seconds: int) -> RedisBytes:
    """Byte strings in the Redis at `url`; connects at the first command."""
    return RedisBytes(Redis.from_url(url, **REDIS_TIMEOUTS), secret, prefix, ttl_seconds)


def connect(url: str, secret: str, ttl_seconds: int) -> RedisCache:
    """A cache of pages in the Redis at `url`; connects at the first command."""
    return RedisCache(Redis.from_url(url, **REDIS_TIMEOUTS), secret, ttl_seconds)
