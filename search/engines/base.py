"""Interface of the search engines; the setting REDOUBT_SEARCH chooses the implementation."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from search.fields import Document
from search.parser import Query

SORTS = ("relevance", "newest", "votes")
DocumentLoader = Callable[[Iterable[str]], list[Document]]


class Unavailable(Exception):
    """The index is missing or damaged until the worker or `flask search rebuild` has rebuilt it."""


@dataclass(frozen=True)
class Results:
    """(key, score) pairs, best first; `facets` counts tags and layers of all `total` results.

    Of a thread only the best document is a result, unless `kind:answer` asks for more; the facet of kinds
    counts all that match. `loosened`: too few documents have all terms, so these have fewer of them.
    `estimated`: total and facets are estimates from a sample because many documents match. `vectors` are the
    word vectors of the first hits, as they are stored, when they were asked for.
    """

    hits: list[tuple[str, float]]
    total: int
    facets: dict[str, Counter] = field(default_factory=dict)
    loosened: bool = False
    estimated: bool = False
    vectors: list[bytes] = field(default_factory=list)


class Index(Protocol):
    """A consistent view of the index without hidden documents. Every method raises Unavailable on damage.

    `generation` differs after every change; `size` is the number of documents.
    """

    generation: Any
    size: int

    def search(
        self,
        query: Query,
        *,
        limit: int = 10,
        offset: int = 0,
        any_word: bool = False,
        min_results: int = 0,
        facets: bool = False,
        sort: str = "relevance",
        with_vectors: int = 0,
    ) -> Results:
        """Find documents with all terms; with any if `any_word`.

        If fewer than `min_results` have all, one term after another may be missing until there are enough.
        The result has the vectors of the first `with_vectors` hits.
        """
        ...

    def rarest_terms(self, words: list[str], max_postings: int) -> list[str]:
        """The rarest of the terms, with at most about `max_postings` documents in all."""
        ...

    def has_term(self, term: str) -> bool:
        """Whether a document has the term."""
        ...

    def document_counts(self, words: list[str]) -> dict[str, int]:
        """About how many documents have each of the terms, hidden ones included; 0 may be left out."""
        ...

    def guess_spelling(self, word: str) -> str:
        """The most probable spelling of a word that no document has; empty when there is none."""
        ...

    def complete_title(self, text: str, limit: int) -> list[str]:
        """Keys of documents whose titles have these words, the last may be a prefix; most votes first."""
        ...

    def identifiers_with_prefix(self, prefix: str, limit: int) -> list[str]:
        """Identifiers of documents with this prefix, in alphabetical order."""
        ...

    def has(self, key: str) -> bool:
        """Whether the index has the document."""
        ...

    def keys(self) -> set[str]:
        """Keys of all documents."""
        ...


class Engine(Protocol):
    """The index of this site: concurrent readers, one writer at a time, rebuilt beside the active index."""

    def view(self, hidden: Iterable[str] = ()) -> AbstractContextManager[Index]:
        """Open the newest state without the keys in `hidden`; raises Unavailable, also inside the block.

        Damage found while reading deactivates the index for all processes.
        """
        ...

    def is_usable(self) -> bool:
        """Whether the index can be read."""
        ...

    def needs_rebuild(self) -> bool:
        """Whether changes have made the index slow or inexact."""
        ...

    def update(self, keys: Iterable[str], load: DocumentLoader, *, purge: bool = False) -> None:
        """Update the documents of these keys: `load` returns those that still exist.

        `load` is called under the write lock, so that the last writer has the newest data. With `purge`,
        nothing of the previous documents stays in storage. Raises Unavailable.
        """

    def rebuild(
        self,
        documents: Iterable[Document],
        changed_keys: Callable[[], Iterable[str]],
        load: DocumentLoader,
        *,
        wait: bool = True,
    ) -> int | None:
        """Build a new index beside the old one, then activate it; return its size.

        Documents that change during the rebuild go to the old index: `changed_keys` returns their keys, and
        `load` reads them again before activation. Returns None when another rebuild is running and `wait` is
        false.
        """
        ...

    def wait_for_rebuild(self) -> None:
        """Block until no rebuild is running."""
