"""Reading an index: by position from open files, so threads share no cursor and nothing is copied whole.

Not through a memory map: a file that somebody cuts short would then end the process instead of an error.
A file that is replaced or removed stays readable until the last Segment that has it open is gone.
"""

import logging
import os
import sys
import weakref
from array import array
from collections.abc import Iterable, Iterator
from copy import copy
from itertools import islice
from pathlib import Path

from whoosh.codec.whoosh3 import W3TermsReader
from whoosh.filedb.compound import CompoundStorage, SubFile
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile, StructFile
from whoosh.index import TOC
from whoosh.reading import TermInfo, TermNotFound

from search.codec import Postings, split
from search.fields import FAMILIES, SCHEMA, TEXTS

log = logging.getLogger(__name__)
NAME = "MAIN"
RETRIES = 5


class Unavailable(Exception):
    """The index is missing or damaged; the worker rebuilds it, or `flask search rebuild` does."""


class Part(StructFile):
    """A named part of a segment's file; get() needs no cursor."""

    def __init__(self, file, offset: int, length: int):
        super().__init__(SubFile(file, offset, length))
        self._descriptor, self._offset, self.length = file.fileno(), offset, length

    def get(self, position: int, length: int) -> bytes:
        """`length` bytes from `position`; raises EOFError when they are not there."""
        data = os.pread(self._descriptor, length, self._offset + position)
        if len(data) < length:
            raise EOFError("the file is cut short")
        return data


class Segment:
    """One finished part of an index. It never changes: what was deleted since stands in the Snapshot."""

    def __init__(self, folder: Path, description):
        self.name, self.size = description.segment_id(), description.doc_count_all()
        self.text_lengths = description._fieldlengths
        self._file = (folder / description.make_filename(".seg")).open("rb")
        weakref.finalize(self, self._file.close)
        self._directory = CompoundStorage(StructFile(self._file), use_mmap=False)
        terms = self._part(".trm")
        self._postings = self._part(".pst")
        self._terms = W3TermsReader(None, terms, terms.length, self._postings)
        self.lengths = {name: self._column(f"_{name}_len", "B").tobytes() for name in TEXTS}
        self.votes, self.created = self._column("votes", "i"), self._column("created", "I")
        self._numbers, self._families = self._column("number", "i"), self._column("family", "B")
        self.facts, self.combinations = self._facts()
        self._accepted = self.docs("state", "accepted")

    def key(self, doc: int) -> str:
        """The key of a document."""
        return f"{FAMILIES[self._families[doc]]}:{self._numbers[doc]}"

    def kind(self, doc: int) -> str:
        """The kind of a document."""
        return self.combinations[self.facts[doc]][0][1]

    def is_accepted(self, doc: int) -> bool:
        """Whether a document is an accepted answer or a question that has one."""
        return doc in self._accepted

    def postings(self, field: str, term: str) -> tuple[list[int], list[int]]:
        """The documents with a term, in order, and how often each has it; raises Unavailable on damage."""
        docs: list[int] = []
        counts: list[int] = []
        for block, times, _positions in self._blocks(field, term):
            docs += block
            counts += times
        return docs, counts

    def docs(self, field: str, term: str) -> set[int]:
        """The documents with a term."""
        return set().union(*(block for block, _times, _positions in self._blocks(field, term)))

    def places(self, field: str, term: str, among: set[int]) -> dict[int, array]:
        """Where a term stands in those of the documents `among` that have it."""
        return {doc: array("H", places) for block, times, positions in self._blocks(field, term)
                for doc, places in zip(block, split(positions, times), strict=True) if doc in among}

    def frequency(self, field: str, term: str) -> int:
        """How many documents have a term, deleted ones among them."""
        info = self._info(field, term)
        return info.doc_frequency() if info else 0

    def words_from(self, field: str, start: str, most: int) -> Iterator[str]:
        """Up to `most` terms of a field that begin with `start`, in order."""
        begins = start.encode()
        try:
            for name, term in islice(self._terms.terms_from(field, begins), most):
                if name != field or not term.startswith(begins):
                    return
                yield term.decode()
        except Exception as error:
            raise self._damage(error) from error

    def _blocks(self, field: str, term: str) -> Iterator[tuple[Iterable[int], array, bytes]]:
        info = self._info(field, term)
        if info is None:
            return
        try:
            offset, (length,) = info.extent()
            stream = BufferFile(self._postings.get(offset, length))
            yield from Postings(stream, 0, length, SCHEMA[field].format).blocks()
        except Exception as error:
            raise self._damage(error) from error

    def _info(self, field: str, term: str) -> TermInfo | None:
        try:
            return self._terms.term_info(field, term.encode())
        except (KeyError, TermNotFound):
            return None
        except Exception as error:
            raise self._damage(error) from error

    def _damage(self, error: Exception) -> Unavailable:
        """What damaged files raise, and that may be anything, in one word."""
        return Unavailable(f"{self.name}: {error!r}")

    def _part(self, suffix: str) -> Part:
        return Part(self._file, *self._directory.range(self.name + suffix))

    def _column(self, name: str, typecode: str) -> array:
        """A column of numbers; Whoosh leaves out zeros at its end."""
        values = array(typecode)
        if self._directory.file_exists(f"{self.name}.{name}.col"):
            part = self._part(f".{name}.col")
            values.frombytes(part.get(0, part.length))
        if sys.byteorder == "little":
            values.byteswap()
        values.extend([0] * (self.size - len(values)))
        return values

    def _facts(self) -> tuple[array, list[tuple[tuple[str, str], ...]]]:
        """For each document the number of its combination of kind, layer and tags; the combinations."""
        facts: list[tuple] = [()] * self.size
        for field in ("kind", "layer", "tag"):
            for name in self.words_from(field, "", sys.maxsize):
                fact = ((field, name),)
                for doc in self.docs(field, name):
                    facts[doc] += fact
        numbers: dict[tuple, int] = {}
        return array("I", [numbers.setdefault(fact, len(numbers)) for fact in facts]), list(numbers)


class Snapshot:
    """The index as it was after one commit: segments, each with the documents deleted of it."""

    def __init__(self, folder: Path, before: "Snapshot | None" = None):
        """Read the newest commit in `folder`; segments that `before` has open are taken from it."""
        self.folder = folder
        known = {segment.name: segment for segment, _ in before.parts} if before else {}
        for attempt in range(RETRIES):
            toc = TOC.read(FileStorage(str(folder)), NAME, schema=SCHEMA)
            try:
                self.parts = [(known.get(each.segment_id()) or Segment(folder, each),
                               frozenset(each.deleted_docs())) for each in toc.segments]
                break
            except FileNotFoundError:  # a writer finished between our two looks
                if attempt == RETRIES - 1:
                    raise
        self.generation = toc.generation
        self.size = sum(segment.size for segment, _ in self.parts)

    def without(self, keys: Iterable[str]) -> "Snapshot":
        """The same, as if these documents were deleted."""
        if not keys:
            return self
        other = copy(self)
        other.parts = [(segment, deleted.union(*(segment.docs("key", key) for key in keys)))
                       for segment, deleted in self.parts]
        return other

    def average_length(self, field: str) -> float:
        """Terms in a field of a document, on average; never 0."""
        return sum(s.text_lengths.get(field, 0) for s, _ in self.parts) / (self.size or 1) or 1.0

    def keys(self) -> set[str]:
        """The keys of all documents."""
        return {segment.key(doc) for segment, deleted in self.parts
                for doc in range(segment.size) if doc not in deleted}


def newest_generation(folder: Path) -> int:
    """The number of the last commit in an index folder; -1 for none."""
    return TOC._latest_generation(FileStorage(str(folder)), NAME)
