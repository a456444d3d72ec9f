"""Reading an index: by position from open files, so threads share no cursor and nothing is copied whole.

Not through a memory map: a file that somebody cuts short would then end the process instead of an error.
A file that is replaced or removed stays readable until the last Segment that has it open is gone.
"""

import logging
import os
import sys
import weakref
from collections.abc import Iterable, Iterator
from copy import copy
from itertools import islice
from pathlib import Path

import numpy as np
from whoosh.codec.whoosh3 import W3TermsReader
from whoosh.filedb.compound import CompoundStorage, SubFile
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile, StructFile
from whoosh.index import TOC
from whoosh.reading import TermInfo, TermNotFound

from search.engines.base import Unavailable
from search.engines.whoosh.codec import Postings
from search.engines.whoosh.schema import SCHEMA
from search.fields import FAMILIES, TEXTS

log = logging.getLogger(__name__)
NAME = "MAIN"
RETRIES = 5
FACETS = ("kind", "layer", "tag")
NONE = np.empty(0, np.int64)
WIDTH = 1 << 17  # more than any position in a text


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
        self.lengths = {name: self._column(f"_{name}_len", "B") for name in TEXTS}
        self.votes, self.created = self._column("votes", "i"), self._column("created", "I")
        self._numbers, self._families = self._column("number", "i"), self._column("family", "B")
        self._names, self._facts, self._starts = self._read_facts()
        self.is_accepted = self.mask(self.docs("state", "accepted"))
        self.is_article = self.mask(self.docs("kind", "article"))

    def key(self, doc: int) -> str:
        """The key of a document."""
        return f"{FAMILIES[self._families[doc]]}:{self._numbers[doc]}"

    def facets(self, mask: np.ndarray) -> Iterator[tuple[str, str, int]]:
        """(field, value, how many of the documents have it), for all that one of them has."""
        docs = np.flatnonzero(mask)
        starts = self._starts[docs]
        lengths = self._starts[docs + 1] - starts
        places = np.repeat(starts - lengths.cumsum() + lengths, lengths) + np.arange(lengths.sum())
        counts = np.bincount(self._facts[places])
        for number in np.flatnonzero(counts):
            yield *self._names[number], int(counts[number])

    def mask(self, docs: np.ndarray) -> np.ndarray:
        """A truth for every document of the segment: whether it is one of these."""
        mask = np.zeros(self.size, bool)
        mask[docs] = True
        return mask

    def postings(self, field: str, term: str) -> tuple[np.ndarray, np.ndarray]:
        """The documents with a term, in order, and how often each has it; raises Unavailable on damage."""
        blocks = [block[:2] for block in self._blocks(field, term)]
        if not blocks:
            return NONE, NONE
        docs, counts = map(np.concatenate, zip(*blocks, strict=True))
        return docs, counts

    def docs(self, field: str, term: str) -> np.ndarray:
        """The documents with a term, in order."""
        return self.postings(field, term)[0]

    def places(self, field: str, term: str, among: np.ndarray) -> np.ndarray:
        """Where a term stands in documents of the mask `among`: document * WIDTH + position, in order."""
        found = [NONE]
        for docs, counts, positions in self._blocks(field, term):
            docs = docs.repeat(counts)
            places = docs * WIDTH + np.frombuffer(positions, "H")
            found.append(places[among[docs]])
        return np.concatenate(found)

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

    def _blocks(self, field: str, term: str) -> Iterator[tuple[np.ndarray, np.ndarray, bytes]]:
        info = self._info(field, term)
        if info is None:
            return
        try:
            offset, (length,) = info.extent()
            stream = BufferFile(self._postings.get(offset, length))
            for docs, counts, positions in Postings(stream, 0, length, SCHEMA[field].format).blocks():
                if docs[-1] >= self.size:
                    raise ValueError("a document that is not there")
                yield docs, counts, positions
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

    def _column(self, name: str, typecode: str) -> np.ndarray:
        """A column of numbers; Whoosh leaves out zeros at its end, and writes the high byte first."""
        values = np.zeros(self.size, typecode)
        if self._directory.file_exists(f"{self.name}.{name}.col"):
            part = self._part(f".{name}.col")
            kept = np.frombuffer(part.get(0, part.length), np.dtype(typecode).newbyteorder(">"))
            values[: len(kept)] = kept
        return values

    def _read_facts(self) -> tuple[list[tuple[str, str]], np.ndarray, np.ndarray]:
        """All (field, value) that are counted; the numbers of those of each document, where these begin."""
        names = [(field, name) for field in FACETS for name in self.words_from(field, "", sys.maxsize)]
        having = [self.docs(*name) for name in names]
        docs = np.concatenate([NONE, *having])
        numbers = np.repeat(np.arange(len(names), dtype="I"), [len(each) for each in having])
        order = np.argsort(docs, kind="stable")
        return names, numbers[order], np.searchsorted(docs[order], np.arange(self.size + 1))


class Snapshot:
    """The index as it was after one commit: segments, each with a mask of the documents not deleted of it."""

    def __init__(self, folder: Path, before: "Snapshot | None" = None):
        """Read the newest commit in `folder`; segments that `before` has open are taken from it."""
        self.folder = folder
        known = {segment.name: segment for segment, _ in before.parts} if before else {}
        for attempt in range(RETRIES):
            toc = TOC.read(FileStorage(str(folder)), NAME, schema=SCHEMA)
            try:
                self.parts = [
                    (known.get(each.segment_id()) or Segment(folder, each), each.deleted_docs())
                    for each in toc.segments
                ]
                break
            except FileNotFoundError:  # a writer finished between our two looks
                if attempt == RETRIES - 1:
                    raise
        self.parts = [(segment, ~segment.mask(list(deleted))) for segment, deleted in self.parts]
        self.generation = toc.generation
        self.size = sum(segment.size for segment, _ in self.parts)

    def without(self, keys: Iterable[str]) -> "Snapshot":
        """The same, as if these documents were deleted."""
        if not keys:
            return self
        other = copy(self)
        other.parts = []
        for segment, alive in self.parts:
            hidden = np.concatenate([segment.docs("key", key) for key in keys])
            other.parts.append((segment, alive & ~segment.mask(hidden)))
        return other

    def average_length(self, field: str) -> float:
        """Terms in a field of a document, on average; never 0."""
        return sum(s.text_lengths.get(field, 0) for s, _ in self.parts) / (self.size or 1) or 1.0

    def keys(self) -> set[str]:
        """The keys of all documents."""
        return {segment.key(doc) for segment, alive in self.parts for doc in np.flatnonzero(alive)}


def newest_generation(folder: Path) -> int:
    """The number of the last commit in an index folder; -1 for none."""
    return TOC._latest_generation(FileStorage(str(folder)), NAME)
