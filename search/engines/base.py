"""What every search engine can do. Which one serves is a setting; nobody above knows the difference."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from search.fields import Document
from search.parser import Query

SORTS = ("relevance", "newest", "votes")
Load = Callable[[Iterable[str]], list[Document]]


class Unavailable(Exception):
    """The index is missing or damaged; the worker rebuilds it, or `flask search rebuild` does."""


@dataclass(frozen=True)
class Results:
    """Keys with scores, best first; `facets` counts kinds, tags and layers over all `total` documents.

    `loosened`: too few have all the words, so these have any of them. `estimated`: so many match that
    total and facets were not counted but reckoned from a sample.
    """

    hits: list[tuple[str, float]]
    total: int
    facets: dict[str, Counter] = field(default_factory=dict)
    loosened: bool = False
    estimated: bool = False


class Index(Protocol):
    """The index at one moment, without what is hidden. Every method raises Unavailable on damage.

    `generation` is another value after every change; `size` is the number of documents.
    """

    generation: object
    size: int

    def search(
        self,
        query: Query,
        *,
        limit: int = 10,
        offset: int = 0,
        any_word: bool = False,
        few: int = 0,
        facets: bool = False,
        sort: str = "relevance",
    ) -> Results:
        """Documents with all words, or `any_word`; when fewer than `few` have all, those with any instead."""

    def rarest(self, words: list[str], most: int) -> list[str]:
        """Those of the words that say most, as many as are found `most` times together."""

    def knows(self, term: str) -> bool:
        """Whether a document has the term."""

    def guess(self, word: str) -> str:
        """The likeliest spelling of a word that nothing has; or nothing."""

    def completed(self, text: str, most: int) -> list[str]:
        """Keys of documents whose titles have these words, the last perhaps only begun; most votes first."""

    def identifiers(self, start: str, most: int) -> list[str]:
        """Identifiers that begin so and stand in some document, in order."""

    def has(self, key: str) -> bool:
        """Whether a document is there."""

    def keys(self) -> set[str]:
        """The keys of all documents."""


class Engine(Protocol):
    """The index of this site: read by everyone, written by one at a time, rebuilt beside and swapped in."""

    def view(self, hidden: Iterable[str] = ()) -> AbstractContextManager[Index]:
        """The newest state of the index without what is `hidden`; raises Unavailable, also from within.

        Damage that is met while reading puts the index out of use, for everyone.
        """

    def is_usable(self) -> bool:
        """Whether the index can be read."""

    def is_worn(self) -> bool:
        """Whether changes have made it so slow, or so inexact, that it should be rebuilt."""

    def update(self, keys: Iterable[str], load: Load, *, purge: bool = False) -> None:
        """Bring the index up to date with what these keys name now: `load` gives those that still exist.

        `load` is called when no one else can write: the last to write has read last. With `purge`, nothing
        of what was there before stays in storage. Raises Unavailable.
        """

    def rebuild(
        self,
        documents: Iterable[Document],
        missed: Callable[[], Iterable[str]],
        load: Load,
        *,
        wait: bool = True,
    ) -> int | None:
        """Write a whole new index beside the old one, then swap it in; returns its size.

        What changed meanwhile went to the old index: `missed` names it, and it is read again before the
        swap. None when another rebuild is under way and is not to be waited for.
        """

    def wait_for_rebuild(self) -> None:
        """Return when no rebuild is under way."""
