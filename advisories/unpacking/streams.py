"""Streams over untrusted packed bytes: what is unpacked is counted, whatever an archive says of itself."""

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from flask_babel import gettext as _

from advisories.advisory import Unusable
from advisories.parsing import MAX_BYTES

MAX_DIRECTORY_BYTES = 64 * 1024**2  # of the list of entries at the end of a zip file
MAX_RATIO = 200  # unpacked to packed size
FREE_BYTES = 8 * 1024**2  # unpacked without a look at the ratio
CHUNK_BYTES = 256 * 1024
_MAX_COMMENT_BYTES = 65_535
_END = struct.Struct("<4s4H2LH")  # end of central directory, ZIP 6.3.10 section 4.3.16
_END_64 = struct.Struct("<4sQ2H2L4Q")  # section 4.3.14
_LOCATOR_64 = struct.Struct("<4sLQL")  # section 4.3.15


class Broken(Unusable):
    """The rest of the file cannot be read, or not within its limits."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one file: documents in all its archives and lists, and bytes when unpacked."""

    documents: int = 400_000
    unpacked_bytes: int = 16 * 1024**3
    nested_bytes: int = 2 * 1024**3  # of an archive in an archive, which is written to a temporary file


FILE = Limits()
MEMORY = Limits(documents=20_000, unpacked_bytes=4 * MAX_BYTES, nested_bytes=MAX_BYTES)


class Budget:
    """What one file has used of its limits so far."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.documents = 0
        self.bytes = 0

    def count_document(self) -> None:
        """Count a document; raises Broken above the limit."""
        self.documents += 1
        if self.documents > self.limits.documents:
            raise Broken(
                _(
                    "more than %(n)s documents in one file: split it and import the parts",
                    n=f"{self.limits.documents:,}",
                )
            )

    def count_bytes(self, count: int) -> None:
        """Count unpacked bytes; raises Broken above the limit."""
        self.bytes += count
        if self.bytes > self.limits.unpacked_bytes:
            raise Broken(
                _(
                    "more than %(n)s MB when unpacked: split it and import the parts",
                    n=f"{self.limits.unpacked_bytes // 1024**2:,}",
                )
            )


class Readable(Protocol):
    """What read() of a binary file is."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


class Gunzip:
    """Reads gzip, of one or several members, with bounded memory."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.inflater = zlib.decompressobj(31)
        self.packed_bytes = 0
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end. Raises Broken."""
        while True:
            packed = self._rest
            if not packed:
                packed = self.stream.read(CHUNK_BYTES)
                self.packed_bytes += len(packed)
            self._rest = b""
            if not packed and not self.inflater.eof:
                raise Broken(_("the gzip file ends too early"))
            if not packed or (self.inflater.eof and not packed.strip(b"\x00")):
                if not packed:
                    return b""
                continue  # padding
            if self.inflater.eof:
                self.inflater = zlib.decompressobj(31)
            try:
                data = self.inflater.decompress(packed, size)
            except zlib.error as error:
                raise Broken(_("the gzip file is broken")) from error
            self._rest = self.inflater.unused_data if self.inflater.eof else self.inflater.unconsumed_tail
            if data:
                return data


class Counted:
    """A packed stream of `packed_bytes` (or of as many as it has read) that counts what comes out of it."""

    def __init__(self, stream: Readable, budget: Budget, packed_bytes: int | None = None) -> None:
        self.stream = stream
        self.budget = budget
        self.packed_bytes = packed_bytes
        self.bytes = 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; raises Unusable when the packed bytes are broken or expand too much."""
        try:
            data = self.stream.read(size)
        except Unusable:
            raise
        except Exception as error:  # zipfile, zlib, bz2, lzma and struct have errors of their own
            raise Unusable(_("this entry of the zip file is broken")) from error
        self.bytes += len(data)
        self.budget.count_bytes(len(data))
        packed = self.stream.packed_bytes if isinstance(self.stream, Gunzip) else self.packed_bytes or 0
        if self.bytes > FREE_BYTES and self.bytes > MAX_RATIO * packed:
            raise Unusable(
                _(
                    "unpacked, it is more than %(n)s times as large: unpack it and import the files",
                    n=MAX_RATIO,
                )
            )
        return data


class Reader:
    """A stream with a look ahead, whose read() returns all the bytes asked for unless the stream ends."""

    def __init__(self, stream: Readable) -> None:
        self.stream = stream
        self._ahead = b""
        self._at = 0  # what of _ahead was read

    def peek(self, size: int) -> bytes:
        """The next bytes, at most `size`, which stay unread."""
        if len(self._ahead) - self._at < size:
            self._ahead = self._ahead[self._at :]
            self._at = 0
            self._ahead += self._read(size - len(self._ahead))
        return self._ahead[self._at : self._at + size]

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer at the end."""
        taken = self._ahead[self._at : self._at + size]
        self._at += len(taken)
        if self._at == len(self._ahead):
            self._ahead = b""
            self._at = 0
        return taken + self._read(size - len(taken)) if len(taken) < size else taken

    def unread(self, data: bytes) -> None:
        """Put the bytes back that were read last, before anything else is read."""
        self._ahead = data + self._ahead[self._at :]
        self._at = 0

    def _read(self, size: int) -> bytes:
        parts = []
        while size > 0 and (part := self.stream.read(min(size, CHUNK_BYTES))):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def check_directory(stream: BinaryIO) -> None:
    """Raise Unusable when the list of entries of a zip file is too large to be held in memory."""
    length = stream.seek(0, 2)
    tail_at = max(0, length - _MAX_COMMENT_BYTES - _END.size)
    stream.seek(tail_at)
    tail = stream.read(_MAX_COMMENT_BYTES + _END.size)
    end_at = tail.rfind(b"PK\x05\x06", 0, max(0, len(tail) - _END.size + 4))
    if end_at < 0:
        raise Unusable(_("the zip file is broken"))
    size = _END.unpack_from(tail, end_at)[5]
    record_at = tail_at + end_at - _LOCATOR_64.size - _END_64.size
    if record_at >= 0:
        stream.seek(record_at)
        record = stream.read(_END_64.size)
        if stream.read(4) == b"PK\x06\x07" and record[:4] == b"PK\x06\x06":
            size = _END_64.unpack(record)[8]
    stream.seek(0)
    if size > MAX_DIRECTORY_BYTES:
        raise Unusable(_("the zip file has too many entries: split it and import the parts"))
