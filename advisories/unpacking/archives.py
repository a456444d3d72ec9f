"""Yield the documents in a file that may be an archive, a list, or an archive of those; one at a time."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from flask_babel import gettext as _

from advisories.advisory import Unusable
from advisories.parsing import MAX_BYTES
from advisories.unpacking import json_values
from advisories.unpacking.streams import (
    CHUNK_BYTES,
    FILE,
    Broken,
    Budget,
    Counted,
    Gunzip,
    Limits,
    Reader,
    check_directory,
)

MAX_DEPTH = 3  # archives in archives
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
GZIP = b"\x1f\x8b"
_OTHER_PACKERS = {  # magic number: (name, command that unpacks it)
    b"\xfd7zXZ\x00": ("xz", "xz -d"),
    b"\x28\xb5\x2f\xfd": ("Zstandard", "zstd -d"),
    b"BZh": ("bzip2", "bzip2 -d"),
    b"7z\xbc\xaf\x27\x1c": ("7z", "7z x"),
    b"Rar!": ("RAR", "unrar x"),
}
Failure = tuple[str, Unusable]


@dataclass
class Piece:
    """One document: the bytes of a whole file or, from a list, a JSON value; `name` is its path."""

    name: str
    data: bytes | None = None
    value: object = None


def unpack(stream: BinaryIO, name: str, limits: Limits = FILE) -> Iterator[Piece | Failure]:
    """Yield the documents in a seekable stream; what cannot be read is (name, Unusable).

    Entries of an archive or a list have the name "<name>: <path in the archive>, entry <n>". The iteration
    ends with such a pair when the rest cannot be read. A pipe goes by way of a temporary file.
    """
    budget = Budget(limits)
    if stream.seekable():
        yield from _unpack(stream, name, budget, 0)
        return
    try:
        with _copied(Reader(stream), limits) as file:
            yield from _unpack(file, name, budget, 0)
    except Unusable as error:
        yield name, error


def is_packed(start: bytes) -> bool:
    """Whether the first bytes are those of a gzip or zip file."""
    return start.startswith((ZIP, EMPTY_ZIP, GZIP))


def _unpack(stream: BinaryIO, name: str, budget: Budget, depth: int) -> Iterator[Piece | Failure]:
    start = stream.read(4)
    stream.seek(0)
    try:
        if is_packed(start) and depth >= MAX_DEPTH:
            raise Unusable(_("archives are nested deeper than %(n)s", n=MAX_DEPTH))
        if start.startswith((ZIP, EMPTY_ZIP)):
            yield from _zip_file(stream, name, budget, depth)
        elif start.startswith(GZIP):
            yield from _unpacked(Reader(Counted(Gunzip(stream), budget)), name, budget, depth)
        else:
            yield from _plain(Reader(stream), name, budget)
    except Unusable as error:
        yield name, error


def _zip_file(stream: BinaryIO, name: str, budget: Budget, depth: int) -> Iterator[Piece | Failure]:
    check_directory(stream)
    try:
        archive = zipfile.ZipFile(stream)
    except Exception as error:  # zipfile raises BadZipFile, struct.error, ValueError, OverflowError, …
        raise Unusable(_("the zip file is broken")) from error
    with archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            inner = f"{name}: {info.filename[:200]}"
            try:
                budget.count_document()
                yield from _zip_entry(archive, info, inner, budget, depth)
            except Broken:
                raise
            except Unusable as error:
                yield inner, error


def _zip_entry(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, budget: Budget, depth: int
) -> Iterator[Piece | Failure]:
    if info.flag_bits & 1:
        raise Unusable(_("this entry is encrypted: pack it without a password"))
    try:
        opened = archive.open(info)
    except Exception as error:  # see _zip_file
        raise Unusable(_("this entry of the zip file is broken")) from error
    with opened:
        yield from _unpacked(Reader(Counted(opened, budget, info.compress_size)), name, budget, depth)


def _unpacked(reader: Reader, name: str, budget: Budget, depth: int) -> Iterator[Piece | Failure]:
    """Yield the documents in an entry; an archive in an archive goes by way of a temporary file."""
    if not is_packed(reader.peek(4)):
        yield from _plain(reader, name, budget)
        return
    if depth + 1 >= MAX_DEPTH:
        raise Unusable(_("archives are nested deeper than %(n)s", n=MAX_DEPTH))
    with _copied(reader, budget.limits) as file:
        yield from _unpack(file, name, budget, depth + 1)


@contextmanager
def _copied(reader: Reader, limits: Limits) -> Iterator[BinaryIO]:
    """A temporary file with the rest of a stream; raises Unusable above the limit."""
    with tempfile.TemporaryFile() as file:
        size = 0
        while chunk := reader.read(CHUNK_BYTES):
            size += len(chunk)
            if size > limits.nested_bytes:
                raise Unusable(_("larger than %(n)s MB", n=limits.nested_bytes // 1024**2))
            file.write(chunk)
        file.seek(0)
        yield file


def _plain(reader: Reader, name: str, budget: Budget) -> Iterator[Piece | Failure]:
    """Yield the documents in a file that is not packed."""
    _refuse_other_archives(reader.peek(512))
    data = reader.read(MAX_BYTES + 1)
    at = json_values.first_character(data)
    start = data[at : at + 1]
    is_large = len(data) > MAX_BYTES
    if start == b"{" and json_values.is_list_of_lines(data):
        reader.unread(data)
        del data
        yield from _numbered(json_values.Values(reader).lines(), name, budget)
    elif start == b"[" or (start == b"{" and is_large):
        reader.unread(data)
        del data
        yield from _numbered(json_values.Values(reader).items(), name, budget)
    elif is_large:
        raise Unusable(_("larger than %(n)s MB", n=MAX_BYTES // 1024**2))
    else:
        yield Piece(name, data)


def _numbered(values: Iterator[object | Unusable], name: str, budget: Budget) -> Iterator[Piece | Failure]:
    number = 0
    for number, value in enumerate(values, 1):
        budget.count_document()
        inner = _("%(name)s, entry %(number)s", name=name, number=number)
        yield (inner, value) if isinstance(value, Unusable) else Piece(inner, value=value)
    if not number:
        raise Unusable(_("an empty list"))


def _refuse_other_archives(start: bytes) -> None:
    for magic, (packer, command) in _OTHER_PACKERS.items():
        if start.startswith(magic):
            raise Unusable(
                _(
                    "packed with %(packer)s: unpack it first (%(command)s); gzip and zip are read as such",
                    packer=packer,
                    command=command,
                )
            )
    if start[257:262] == b"ustar":
        raise Unusable(_("a tar archive: unpack it (tar -xf) and import the folder, or pack it as zip"))
