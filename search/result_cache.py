"""In-memory cache of search results, valid for one generation of the index, and of some for minutes."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from cachetools import TTLCache

MAX_ENTRIES = 500
MAX_TIMED_ENTRIES = 5_000
TIMED_SECONDS = 600
Result = TypeVar("Result")


class ResultCache:
    """Results by key; emptied when the generation of the index changes."""

    def __init__(self) -> None:
        self._current: tuple[object, dict] = (None, {})
        self._timed: TTLCache[Hashable, object] = TTLCache(MAX_TIMED_ENTRIES, TIMED_SECONDS)
        self._lock = Lock()

    def get(self, generation: object, key: Hashable, compute: Callable[[], Result]) -> Result:
        """The cached result of `key` in this generation, else what `compute` returns."""
        current = self._current
        if current[0] != generation:
            current = self._current = (generation, {})
        results = current[1]  # of this generation, even if another thread replaces it now
        if key in results:
            return results[key]
        result = compute()
        if len(results) < MAX_ENTRIES:
            results[key] = result
        return result

    def get_for_minutes(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """The result of `key` of the last TIMED_SECONDS, else what `compute` returns, which is not None."""
        with self._lock:
            known: Any = self._timed.get(key)
        if known is not None:
            return known
        result = compute()
        with self._lock:
            self._timed[key] = result
        return result
