"""In-memory cache of search results, valid for one generation of the index."""

from collections.abc import Callable, Hashable
from typing import TypeVar

MAX_ENTRIES = 500
Result = TypeVar("Result")


class ResultCache:
    """Results by key; emptied when the generation of the index changes."""

    def __init__(self) -> None:
        self._current: tuple[object, dict] = (None, {})

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
