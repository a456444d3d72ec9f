"""Whoosh's segment files with posting blocks of our own: packed numbers, large blocks, no pickled objects.

A list of 50,000 postings is then read in a few milliseconds: Whoosh makes three objects of each posting,
packed arrays are copied. Weights are counts of occurrences; the positions of all occurrences are one array.
"""

from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise

from whoosh.codec.whoosh3 import W3Codec, W3LeafMatcher, W3PostingsWriter
from whoosh.writing import SegmentWriter

BLOCK = 1024
Packed = tuple[str, bytes]
LIMITS = {"B": 1 << 8, "H": 1 << 16, "I": 1 << 32}


def pack(numbers: list[int]) -> Packed:
    """Numbers as an array of the smallest type that holds them."""
    top = max(numbers, default=0)
    code = next(code for code, limit in LIMITS.items() if top < limit)
    return code, array(code, numbers).tobytes()


def unpack(packed: Packed) -> array:
    """The inverse of pack()."""
    return array(*packed)


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
            self._ids = docs[start:start + self._blocklimit]
            self._weights = counts[start:start + self._blocklimit]
            self._maxweight = max(self._weights)
            length = 2 * sum(self._weights)
            self._values = [bytes(positions[used:used + length])]
            used += length

    def _mini_ids(self) -> Packed:
        return pack([self._ids[0], *(after - before for before, after in pairwise(self._ids))])

    def _mini_weights(self) -> Packed:
        return pack([int(weight) for weight in self._weights])

    def _mini_values(self) -> bytes:
        return b"".join(self._values)


class Postings(W3LeafMatcher):
    """One posting list, block by block."""

    def blocks(self) -> Iterator[tuple[Iterable[int], array, bytes]]:
        """(documents, counts, positions) of each block, from the beginning."""
        while self.is_active():
            self._read_data()
            steps, counts, positions = self._data
            yield accumulate(unpack(steps)), unpack(counts), positions
            self._next_block()

    def _read_ids(self) -> None:
        if self._data is None:
            self._read_data()
        self._ids = tuple(accumulate(unpack(self._data[0])))

    def _read_weights(self) -> None:
        if self._data is None:
            self._read_data()
        self._weights = [float(count) for count in unpack(self._data[1])]

    def _read_values(self) -> None:
        if self._data is None:
            self._read_data()
        self._values = list(split(self._data[2], unpack(self._data[1])))


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
        super().__init__(index, codec=Codec(), **options)
        self.pool = Pool()

    def _flush_segment(self) -> None:
        self.perdocwriter.close()
        self.pool.write(self.fieldwriter, self.schema)
        self.fieldwriter.close()


def split(positions: bytes, counts: Iterable[int]) -> Iterator[bytes]:
    """The positions of each document, of those of a block; nothing for fields without positions."""
    for start, end in pairwise(accumulate(counts, initial=0)):
        yield positions[2 * start:2 * end]
