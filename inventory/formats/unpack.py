"""Unpack gzip and zip within bounds, and decode text. One level only: no archive in an archive."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from flask_babel import gettext as _

from inventory.formats.component import MAX_FILE_BYTES, MAX_UNPACKED_BYTES, BadDocument

MAX_ARCHIVE_FILES = 50
MAX_RATIO = 200  # bytes out of one byte in, beyond FREE_BYTES
FREE_BYTES = 1024 * 1024
CHUNK_BYTES = 1024 * 1024
GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
OTHER_ARCHIVES = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"Rar!": "rar",
}
BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def unpack(raw: bytes) -> list[bytes]:
    """The files in `raw`: itself, the content of a gzip file, or of a zip archive. Raises BadDocument."""
    if len(raw) > MAX_FILE_BYTES:
        raise BadDocument(
            _(
                "The file is larger than %(n)s MB. Pack it with gzip or zip, or send it in parts.",
                n=MAX_FILE_BYTES // 1024**2,
            )
        )
    try:
        if raw.startswith(GZIP):
            files = [_bounded(gzip.GzipFile(fileobj=io.BytesIO(raw)), len(raw), 0)]
        elif raw.startswith(ZIP):
            files = list(_of_zip(raw))
        else:
            files = [raw]
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadDocument(
            _("The archive is damaged, or has a password. Pack the file again with gzip or zip.")
        ) from error
    for content in files:
        _refuse_archive(content)
    return files


def _refuse_archive(content: bytes) -> None:
    for magic, name in OTHER_ARCHIVES.items():
        if content.startswith(magic):
            raise BadDocument(
                _("This is packed with %(name)s. Unpack it, or pack it with gzip or zip.", name=name)
            )
    if content.startswith((GZIP, ZIP)) or content[257:262] == b"ustar":
        if b"xl/workbook" in content[-65_536:] or b"xl/worksheets" in content[:65_536]:
            raise _workbook()
        if content.startswith(ZIP) or content[257:262] == b"ustar":
            raise BadDocument(_("This is an archive in an archive. Send the files in one zip archive."))
        raise BadDocument(_("The file is packed twice. Pack it once, with gzip or zip."))


def _workbook() -> BadDocument:
    return BadDocument(
        _("This is a workbook of a spreadsheet program. Save it as CSV (UTF-8) and send that.")
    )


def _of_zip(raw: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = [each for each in archive.infolist() if not each.is_dir()]
        if any(each.filename == "[Content_Types].xml" for each in members):
            raise _workbook()
        members = [each for each in members if not each.filename.startswith("__MACOSX/")]
        if len(members) > MAX_ARCHIVE_FILES:
            raise BadDocument(_("The archive has more than %(n)s files.", n=MAX_ARCHIVE_FILES))
        if not members:
            raise BadDocument(_("The archive is empty."))
        used = 0
        for each in members:
            with archive.open(each) as file:
                content = _bounded(file, max(each.compress_size, 1), used)
            used += len(content)
            yield content


def _bounded(file: IO[bytes] | gzip.GzipFile, packed: int, used: int) -> bytes:
    """The content of a packed file; what counts is what comes out, not what the headers say."""
    most = min(MAX_UNPACKED_BYTES - used, FREE_BYTES + MAX_RATIO * packed)
    content = bytearray()
    while chunk := file.read(min(CHUNK_BYTES, most + 1 - len(content))):
        content += chunk
        if len(content) > most:
            raise BadDocument(
                _(
                    "Unpacked, the file is larger than %(n)s MB or more than %(m)s times its packed size. "
                    "Send it in parts.",
                    n=MAX_UNPACKED_BYTES // 1024**2,
                    m=MAX_RATIO,
                )
            )
    return bytes(content)


def decode(raw: bytes) -> str:
    """The text of a file: with a byte order mark as it says, else UTF-8, else Windows-1252.

    Raises BadDocument for binary content.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            text = raw[len(mark) :].decode(encoding, "replace")
            break
    else:
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode("cp1252", "replace")
    if "\x00" in text or sum(c < " " and c not in "\t\r\n\b\x1b\f" for c in text[:4096]) > 8:
        raise BadDocument(_("This is a binary file, not a list of software."))
    return text
