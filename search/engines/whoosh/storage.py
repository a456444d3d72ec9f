"""Read an index with positional reads from open files: threads share no cursor, and no file is loaded whole.

No memory map is used: a truncated file would kill the process with SIGBUS instead of raising an error.
A replaced or removed file stays readable until the last Segment that has it open is garbage-collected.
"""

import logging
import os
import sys
import weakref
from collections.abc import Iterable, Iterator
from copy import copy
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
from whoosh.codec.whoosh3 import W3Segment, W3TermInfo, W3TermsReader
from whoosh.filedb.compound import CompoundStorage, SubFile
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile, StructFile
from whoosh.index import TOC
from whoosh.reading import TermNotFound

from search.engines.base import Unavailable
from search.engines.whoosh.codec import Postings, extent
from search.engines.whoosh.schema import SCHEMA
from search.fields import FAMILIES, TEXTS
from search.word_vectors import VECTOR_BYTES

log = logging.getLogger(__name__)
INDEX_NAME = "MAIN"
MAX_ATTEMPTS = 5
FACETS = ("kind", "layer", "tag")
NO_DOCUMENTS = np.empty(0, np.int64)
POSITION_RANGE = 1 << 17  # greater than any position in a text


class FilePart(StructFile):
    """A named part of a segment file; get() uses no cursor."""

    def __init__(self, file: BinaryIO, offset: int, length: int) -> None:
        super().__init__(SubFile(file, offset, length))
        self._descriptor = file.fileno()
        self._offset = offset
        self.length = length

    def get(self, position: int, length: int) -> bytes:
        """Read `length` bytes from `position`; raises EOFError when the file is truncated."""
        data = os.pread(self._descriptor, length, self._offset + position)
        if len(data) < length:
            raise EOFError("the file is truncated")
        return data


class Segment:
    """One immutable part of an index; deletions are recorded in the Snapshot."""

    def __init__(self, folder: Path, description: W3Segment) -> None:
        self.name: str = description.segment_id()
        self.size: int = description.doc_count_all()
        self.text_lengths = description._fieldlengths  # pyright: ignore[reportAttributeAccessIssue]  (no annotation)
        self._file = (folder / description.make_filename(".seg")).open("rb")
        weakref.finalize(self, self._file.close)
        self._directory = CompoundStorage(StructFile(self._file), use_mmap=False)
        terms = self._part(".trm")
        self._postings = self._part(".pst")
        self._terms = W3TermsReader(None, terms, terms.length, self._postings)
        self.lengths = {name: self._column(f"_{name}_len", "B") for name in TEXTS}
        self.votes = self._column("votes", "i")
        self.created = self._column("created", "I")
        self.threads = self._column("thread", "i")  # 0: a thread of its own
        self._numbers = self._column("number", "i")
        self._families = self._column("family", "B")
        self._vectors = self._optional_part(".vector.col")
        self._names, self._facet_values, self._starts = self._read_facets()
        self.is_accepted = self.mask(self.docs("state", "accepted"))
        self.is_article = self.mask(self.docs("kind", "article"))

    def key(self, doc: int) -> str:
        """The key of a document."""
        return f"{FAMILIES[self._families[doc]]}:{self._numbers[doc]}"

    def vector(self, doc: int) -> bytes:
        """The word vector of a document, read from the file; empty when it has none. Raises Unavailable."""
        if self._vectors is None or (doc + 1) * VECTOR_BYTES > self._vectors.length:
            return b""
        try:
            found = self._vectors.get(doc * VECTOR_BYTES, VECTOR_BYTES)
        except (OSError, EOFError) as error:
            raise self._unavailable(error) from error
        return found if any(found) else b""

    def facets(self, mask: np.ndarray) -> Iterator[tuple[str, str, int]]:
        """Yield (field, value, document count) for the values of the documents in `mask`."""
        docs = np.flatnonzero(mask)
        starts = self._starts[docs]
        lengths = self._starts[docs + 1] - starts
        positions = np.repeat(starts - lengths.cumsum() + lengths, lengths) + np.arange(lengths.sum())
        counts = np.bincount(self._facet_values[positions])
        for number in np.flatnonzero(counts):
            yield *self._names[number], int(counts[number])

    def mask(self, docs: np.ndarray | list[int]) -> np.ndarray:
        """Boolean mask over the segment: True for these documents."""
        mask = np.zeros(self.size, bool)
        mask[docs] = True
        return mask

    def postings(self, field: str, term: str) -> tuple[np.ndarray, np.ndarray]:
        """Documents with a term, in order, and the occurrences in each; raises Unavailable on damage."""
        blocks = [block[:2] for block in self._blocks(field, term)]
        if not blocks:
            return NO_DOCUMENTS, NO_DOCUMENTS
        docs, counts = map(np.concatenate, zip(*blocks, strict=True))
        return docs, counts

    def docs(self, field: str, term: str) -> np.ndarray:
        """Documents with a term, in order."""
        return self.postings(field, term)[0]

    def positions(self, field: str, term: str, among: np.ndarray) -> np.ndarray:
        """Sorted positions of a term in documents `among`, each as document * POSITION_RANGE + position."""
        found = [NO_DOCUMENTS]
        for docs, counts, packed in self._blocks(field, term):
            owners = docs.repeat(counts)
            positions = owners * POSITION_RANGE + np.frombuffer(packed, "H")
            found.append(positions[among[owners]])
        return np.concatenate(found)

    def frequency(self, field: str, term: str) -> int:
        """Number of documents with a term, deleted ones included."""
        info = self._info(field, term)
        return info.doc_frequency() if info else 0

    def terms_with_prefix(self, field: str, prefix: str, limit: int) -> Iterator[str]:
        """Yield up to `limit` terms of a field with this prefix, in order."""
        prefix_bytes = prefix.encode()
        try:
            for name, term in islice(self._terms.terms_from(field, prefix_bytes), limit):
                if name != field or not term.startswith(prefix_bytes):
                    return
                yield term.decode()
        except Exception as error:
            raise self._unavailable(error) from error

    def _blocks(self, field: str, term: str) -> Iterator[tuple[np.ndarray, np.ndarray, bytes]]:
        info = self._info(field, term)
        if info is None:
            return
        try:
            offset, (length,) = extent(info)
            stream = BufferFile(self._postings.get(offset, length))
            for docs, counts, positions in Postings(stream, 0, length, SCHEMA[field].format).blocks():
                if docs[-1] >= self.size:
                    raise ValueError("posting of a nonexistent document")
                yield docs, counts, positions
        except Exception as error:
            raise self._unavailable(error) from error

    def _info(self, field: str, term: str) -> W3TermInfo | None:
        try:
            return self._terms.term_info(field, term.encode())
        except (KeyError, TermNotFound):
            return None
        except Exception as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> Unavailable:
        """Convert an error of a damaged file, which may be of any class."""
        return Unavailable(f"{self.name}: {error!r}")

    def _part(self, suffix: str) -> FilePart:
        return FilePart(self._file, *self._directory.range(self.name + suffix))

    def _optional_part(self, suffix: str) -> FilePart | None:
        return self._part(suffix) if self._directory.file_exists(self.name + suffix) else None

    def _column(self, name: str, typecode: str) -> np.ndarray:
        """A column of numbers; Whoosh omits trailing zeros and writes big-endian."""
        values = np.zeros(self.size, typecode)
        if part := self._optional_part(f".{name}.col"):
            stored = np.frombuffer(part.get(0, part.length), np.dtype(typecode).newbyteorder(">"))
            values[: len(stored)] = stored
        return values

    def _read_facets(self) -> tuple[list[tuple[str, str]], np.ndarray, np.ndarray]:
        """(field, value) pairs; their numbers, sorted by document; where each document starts (CSR)."""
        names = [(field, name) for field in FACETS for name in self.terms_with_prefix(field, "", sys.maxsize)]
        having = [self.docs(*name) for name in names]
        docs = np.concatenate([NO_DOCUMENTS, *having])
        numbers = np.repeat(np.arange(len(names), dtype="I"), [len(description) for description in having])
        order = np.argsort(docs, kind="stable")
        return names, numbers[order], np.searchsorted(docs[order], np.arange(self.size + 1))


class Snapshot:
    """The index after one commit: (segment, mask of documents that are not deleted) pairs."""

    def __init__(self, folder: Path, before: "Snapshot | None" = None) -> None:
        """Read the newest commit in `folder`; reuse segments that `before` has open."""
        self.folder = folder
        toc, parts = _open_segments(folder, before)
        self.parts = [(segment, ~segment.mask(list(deleted))) for segment, deleted in parts]
        self.generation = toc.generation
        self.size = sum(segment.size for segment, _ in self.parts)

    def without(self, keys: Iterable[str]) -> "Snapshot":
        """A copy in which these documents count as deleted."""
        if not keys:
            return self
        other = copy(self)
        other.parts = []
        for segment, live in self.parts:
            hidden = np.concatenate([segment.docs("key", key) for key in keys])
            other.parts.append((segment, live & ~segment.mask(hidden)))
        return other

    def average_length(self, field: str) -> float:
        """Average number of terms of a field; never 0."""
        return sum(s.text_lengths.get(field, 0) for s, _ in self.parts) / (self.size or 1) or 1.0

    def keys(self) -> set[str]:
        """Keys of all documents."""
        return {segment.key(doc) for segment, live in self.parts for doc in np.flatnonzero(live).tolist()}


def _open_segments(folder: Path, before: Snapshot | None) -> tuple[TOC, list[tuple[Segment, set[int]]]]:
    """The newest commit and its segments with their deleted documents."""
    open_segments = {segment.name: segment for segment, _ in before.parts} if before else {}
    for attempt in range(1, MAX_ATTEMPTS + 1):
        toc = TOC.read(FileStorage(str(folder)), INDEX_NAME, schema=SCHEMA)
        try:
            return toc, [
                (open_segments.get(each.segment_id()) or Segment(folder, each), each.deleted_docs())
                for each in toc.segments
            ]
        except FileNotFoundError:  # a writer finished between the two reads
            if attempt == MAX_ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def newest_generation(folder: Path) -> int:
    """Number of the last commit in an index folder; -1 for none."""
    return TOC._latest_generation(FileStorage(str(folder)), INDEX_NAME)
