"""Whoosh's segment files with posting blocks of our own: packed numbers, large blocks, no pickled objects.

A list of 50,000 postings is then read in less than a millisecond: Whoosh makes three objects of each posting,
packed arrays are read as they lie. Weights are counts of occurrences; the positions of all are one array.
"""

from array import array
from collections.abc import Iterator
from contextlib import suppress
from itertools import accumulate, pairwise
from struct import Struct

import numpy as np
from whoosh.codec.whoosh3 import WHOOSH3_HEADER_MAGIC, W3Codec, W3LeafMatcher, W3PostingsWriter
from whoosh.writing import SegmentWriter

BLOCK = 1024
# Bytes that follow this number (negative: the last block), how many documents, the last of them,
# array types of the steps from one document to the next and of the counts.
HEAD = Struct("!iIIcc")
LIMITS = {"B": 1 << 8, "H": 1 << 16, "I": 1 << 32}


def pack(numbers: list[int]) -> array:
    """Numbers as an array of the smallest type that holds them."""
    top = max(numbers)
    return array(next(code for code, limit in LIMITS.items() if top < limit), numbers)


class Codec(W3Codec):
    """What new segments are written with. Statistics of lengths are left out: we score whole lists."""

    length_stats = False

    def __init__(self) -> None:
        super().__init__(blocklimit=BLOCK, compression=0)

    def postings_writer(self, dbfile, byteids=False):
        """Writes one posting list after another."""
        return _Writer(dbfile, self._blocklimit, compression=0)

    def postings_reader(self, dbfile, terminfo, format_, term=None, scorer=None):
        """Reads one posting list, for Whoosh's merging of segments."""
        offset, (length,) = terminfo.extent()
        return Postings(dbfile, offset, length, format_, term=term, scorer=scorer)


class _Writer(W3PostingsWriter):
    def add_list(self, docs: array, counts: array, positions: bytearray) -> None:
        """Add a whole posting list; the last block is written by finish_postings()."""
        used = 0
        for start in range(0, len(docs), self._blocklimit):
            if start:
                self._write_block()
            self._ids = docs[start : start + self._blocklimit]
            self._weights = counts[start : start + self._blocklimit]
            self._maxweight = max(self._weights)
            length = 2 * sum(self._weights)
            self._values = [bytes(positions[used : used + length])]
            used += length

    def _write_block(self, last: bool = False) -> None:
        if not self._blockcount:
            self._postfile.write(WHOOSH3_HEADER_MAGIC)
        self._terminfo.add_block(self)
        ids = self._ids
        steps = pack([ids[0], *(after - before for before, after in pairwise(ids))])
        counts = pack([int(weight) for weight in self._weights])
        body = steps.tobytes() + counts.tobytes() + b"".join(self._values)
        length = HEAD.size - 4 + len(body)
        self._postfile.write(
            HEAD.pack(
                -length if last else length,
                len(ids),
                ids[-1],
                steps.typecode.encode(),
                counts.typecode.encode(),
            )
            + body
        )
        self._blockcount += 1
        self._new_block()


class Postings(W3LeafMatcher):
    """One posting list, block by block."""

    def blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray, bytes]]:
        """(documents, counts, positions) of each block, from the beginning."""
        while self.is_active():
            steps, counts, positions = self._block()
            yield np.cumsum(steps, dtype=np.int64), counts, positions
            self._next_block()

    def _goto(self, position: int) -> None:
        length, self._blocklength, self._maxid, *self._types = HEAD.unpack(
            self._postfile.get(position, HEAD.size)
        )
        self._lastblock, self._i = length < 0, 0
        self._dataoffset, self._nextoffset = position + HEAD.size, position + 4 + abs(length)
        self._ids = self._weights = self._values = None

    def _block(self) -> tuple[np.ndarray, np.ndarray, bytes]:
        """The block in hand; raises ValueError when it is cut short."""
        data = self._postfile.get(self._dataoffset, self._nextoffset - self._dataoffset)
        found, start = [], 0
        for code in self._types:
            found.append(np.frombuffer(data, code.decode(), self._blocklength, start))
            start += found[-1].nbytes
        return found[0], found[1], data[start:]

    def _read_ids(self) -> None:
        self._ids = tuple(accumulate(self._block()[0].tolist()))

    def _read_weights(self) -> None:
        self._weights = self._block()[1].astype(float).tolist()

    def _read_values(self) -> None:
        _steps, counts, positions = self._block()
        ends = accumulate(counts.tolist(), initial=0)
        self._values = [positions[2 * start : 2 * end] for start, end in pairwise(ends)]


class Pool:
    """The postings of a segment being written, in place of Whoosh's sorted files of single postings."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str, bytes], tuple[array, array, bytearray]] = {}

    def add(self, posting: tuple[str, bytes, int, float, bytes]) -> None:
        """Take (field, term, document, count, positions); documents come in order."""
        field, term, doc, count, positions = posting
        lists = self._lists.get((field, term))
        if lists is None:
            lists = self._lists[field, term] = (array("I"), array("I"), bytearray())
        lists[0].append(doc)
        lists[1].append(int(count))
        lists[2].extend(positions)

    def write(self, fields, schema) -> None:
        """Write everything, sorted, by Whoosh's writer of fields."""
        current = None
        for name, term in sorted(self._lists):
            if name != current:
                fields.start_field(name, schema[name])
                current = name
            fields.start_term(term)
            fields._postwriter.add_list(*self._lists.pop((name, term)))
            fields.finish_term()

    def cleanup(self) -> None:
        """Nothing lies in files."""


class Writer(SegmentWriter):
    """Whoosh's writer of one segment with our codec and pool."""

    def __init__(self, index, **options):
        try:
            super().__init__(index, codec=Codec(), **options)
        except OSError:
            self.writelock.release()
            raise
        self.pool = Pool()

    def abandon(self) -> None:
        """Forget what was being written; the lock is free afterwards also where the disk is full."""
        with suppress(Exception):  # a file half-written says that in many ways
            self.cancel()
        if not self.is_closed:
            self.writelock.release()

    def _flush_segment(self) -> None:
        self.perdocwriter.close()
        self.pool.write(self.fieldwriter, self.schema)
        self.fieldwriter.close()
