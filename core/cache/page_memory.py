"""Where one process keeps pages: so many bytes in all, each for so long; what nobody asked for goes first.

Counted are bytes, not pages: a long thread under ever another query string would fill any number of pages.
"""

import threading
from collections.abc import Hashable
from typing import Protocol

from cachetools import TTLCache
from flask import Flask
from flask_caching.backends.base import BaseCache

SHARE = 8  # a page that would take more than this part of the memory is not kept


class Sized(Protocol):
    """What says how many bytes it takes."""

    size: int


class MemoryPages(BaseCache):
    """Flask-Caching's interface as far as pages need it, for the threads of one process."""

    def __init__(self, most: int, default_timeout: float):
        super().__init__(default_timeout)
        self.lock = threading.Lock()
        self.pages = TTLCache(most, default_timeout, getsizeof=lambda page: page.size)

    @classmethod
    def factory(cls, app: Flask, config: dict, args: list, kwargs: dict) -> "MemoryPages":
        """Made by Flask-Caching from the settings."""
        return cls(config["CACHE_BYTES"], config["CACHE_DEFAULT_TIMEOUT"])

    def get(self, key: Hashable) -> Sized | None:
        """The page kept under `key`, if it is there and not too old."""
        with self.lock:
            return self.pages.get(key)

    def set(self, key: Hashable, value: Sized, timeout: int | None = None) -> bool:
        """Keep a page for the default time, unless it is too large; says whether it is kept."""
        if value.size > self.pages.maxsize // SHARE:
            return False
        with self.lock:
            self.pages[key] = value
        return True

    def clear(self) -> bool:
        """Drop all pages."""
        with self.lock:
            self.pages.clear()
        return True
