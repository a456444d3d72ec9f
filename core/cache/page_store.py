"""Where kept pages lie when several processes share them: in Redis, sealed with the site's key.

Redis is not trusted with code: a page is plain data (no pickle) under a MAC over its own address, so who
can write there can neither run anything here, nor change a page, nor put one in another's place. While
Redis is gone nothing is kept, and it is asked again every few seconds. Flask-Caching imports this by name,
where a Redis is set: the client takes 6 MB.
"""

import hashlib
import hmac
import json
import logging
import time

from flask import Flask
from flask_caching.backends.base import BaseCache
from redis import Redis, RedisError

from core.cache.page_cache import Page

PREFIX = "page:2:"  # another number when their form changes: hosts of two releases may share a Redis
REST = 2  # seconds without Redis after it failed
MAC = hashlib.sha256().digest_size
WAIT = {"socket_connect_timeout": 0.3, "socket_timeout": 0.5}  # seconds, for a cache: a page takes less
log = logging.getLogger(__name__)


class RedisPages(BaseCache):
    """Flask-Caching's interface as far as pages need it."""

    def __init__(self, redis: Redis, secret: str, default_timeout: int):
        super().__init__(default_timeout)
        self.redis, self.resting_until = redis, 0.0
        self.key = hashlib.sha256(f"kept pages:{secret}".encode()).digest()

    @classmethod
    def factory(cls, app: Flask, config: dict, args: list, kwargs: dict) -> "RedisPages":
        """Made by Flask-Caching from the settings."""
        return cls(
            Redis.from_url(config["CACHE_REDIS_URL"], **WAIT),
            app.config["SECRET_KEY"],
            config["CACHE_DEFAULT_TIMEOUT"],
        )

    def get(self, key: str) -> Page | None:
        """The page kept under `key`, if it is there and ours."""
        sealed = self._ask(self.redis.get, PREFIX + key)
        return self._open(key, sealed) if sealed else None

    def set(self, key: str, value: Page, timeout: int | None = None) -> bool:
        """Keep a page for the default time."""
        return bool(self._ask(self.redis.set, PREFIX + key, self._seal(key, value), ex=self.default_timeout))

    def clear(self) -> bool:
        """Drop all pages, and nothing else that lies in this Redis."""
        for key in self._ask(lambda: list(self.redis.scan_iter(PREFIX + "*", count=1000))) or ():
            self._ask(self.redis.unlink, key)
        return True

    def _ask(self, command, *args, **kwargs):
        """Run a command; None when Redis is gone."""
        if time.monotonic() < self.resting_until:
            return None
        try:
            return command(*args, **kwargs)
        except RedisError as error:
            log.warning("no pages from Redis for %s s: %s", REST, error)
            self.resting_until = time.monotonic() + REST
            return None

    def _mac(self, key: str, data: bytes) -> bytes:
        return hmac.digest(self.key, key.encode() + b"\n" + data, "sha256")

    def _seal(self, key: str, page: Page) -> bytes:
        lengths = [(encoding, len(body)) for encoding, body in page.bodies.items()]
        head = json.dumps([page.version, page.headers, page.etag, lengths]).encode()
        data = b"".join([head, b"\n", *page.bodies.values()])
        return self._mac(key, data) + data

    def _open(self, key: str, sealed: bytes) -> Page | None:
        mac, data = sealed[:MAC], sealed[MAC:]
        if not hmac.compare_digest(mac, self._mac(key, data)):
            log.error("a page in Redis was not written by this site: %s", key)
            return None
        head, _newline, rest = data.partition(b"\n")
        version, headers, etag, lengths = json.loads(head)
        bodies, start = {}, 0
        for encoding, length in lengths:
            bodies[encoding] = rest[start : start + length]
            start += length
        return Page(version, bodies, [(n, v) for n, v in headers], etag)
