"""A cache in the memory of one process, limited by bytes and age; the least recently used entry goes first.

Bytes are counted, not entries: a long thread under ever new query strings would fill any number of entries.
"""

import threading
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

from cachetools import TTLCache

MIN_ENTRIES = 8  # an entry that would take more than this part of the cache is not stored


class Sized(Protocol):
    """An object that knows its size in bytes."""

    @property
    def size(self) -> int:
        """Approximate size in bytes."""
        ...


V = TypeVar("V", bound=Sized)


class MemoryCache(Generic[V]):
    """A cache for the threads of one process: at most `max_bytes`, each entry for `ttl_seconds`."""

    def __init__(self, max_bytes: int, ttl_seconds: float) -> None:
        self.lock = threading.Lock()
        self.entries: TTLCache[Hashable, V] = TTLCache(
            max_bytes, ttl_seconds, getsizeof=lambda entry: entry.size
        )

    def get(self, key: Hashable) -> V | None:
        """The entry stored under `key`; None when there is none or it has expired."""
        with self.lock:
            return self.entries.get(key)

    def set(self, key: Hashable, value: V) -> bool:
        """Store an entry; returns False for one that is too large."""
        if value.size > self.entries.maxsize // MIN_ENTRIES:
            return False
        with self.lock:
            self.entries[key] = value
        return True

    def clear(self) -> bool:
        """Remove all entries; returns True."""
        with self.lock:
            self.entries.clear()
        return True
