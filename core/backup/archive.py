"""The backup archive: written completely or not at all, read as untrusted input.

It is a ZIP file. `manifest.json` lists every other file with size and SHA-256. Files that are not listed are
refused, no name from the archive is used as a path for unpacking, and nothing is read beyond its listed size.
"""

import hashlib
import json
import os
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from flask_babel import gettext as _
from marshmallow import RAISE, Schema, ValidationError, fields, validate

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 4_000_000  # bytes
CHUNK_BYTES = 1 << 20
COMPRESSION_LEVEL = 3  # takes a third of the time of the default 6, for a tenth more bytes
COMPRESSION_METHODS = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
)  # decompressed in little memory, whatever the file claims
COUNT_RANGE = validate.Range(0, 2**53)
SETTING = fields.String(validate=validate.Regexp(r"REDOUBT_[A-Z_]{1,40}\Z"))
NAME_PATTERN = validate.Regexp(r"[a-z_][a-z0-9_]{0,62}\Z")
Write = Callable[[bytes], object]


class BackupError(Exception):
    """An archive or a target that cannot be used; the message says why, and what to do."""


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _File(_Strict):
    size = fields.Integer(required=True, strict=True, validate=COUNT_RANGE)
    sha256 = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))


class _Table(_Strict):
    rows = fields.Integer(required=True, strict=True, validate=COUNT_RANGE)
    columns = fields.List(fields.String(validate=NAME_PATTERN), required=True)


class Manifest(_Strict):
    """The content of `manifest.json`."""

    format = fields.Integer(required=True, strict=True)
    made_at = fields.AwareDateTime(required=True)
    database = fields.String(required=True, validate=validate.OneOf(["sqlite", "postgresql"]))
    revision = fields.String(required=True, validate=validate.Regexp(r"[0-9a-z_]{1,32}\Z"))
    tables = fields.Dict(fields.String(validate=NAME_PATTERN), fields.Nested(_Table), required=True)
    sequences = fields.Dict(fields.String(validate=NAME_PATTERN), fields.Integer(strict=True), required=True)
    settings = fields.Dict(SETTING, fields.String(), required=True)
    unsaid = fields.List(SETTING, required=True)
    files = fields.Dict(fields.String(), fields.Nested(_File), required=True)


class Writer:
    """An archive being written: add() or open() files, then close() with the rest of the manifest."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL)
        self._files: dict[str, dict] = {}

    @contextmanager
    def open(self, name: str) -> Iterator[Write]:
        """Yield write(bytes) for one new file."""
        digest = hashlib.sha256()
        size = 0
        with self._zip.open(name, "w", force_zip64=True) as file:

            def write(data: bytes) -> None:
                nonlocal size
                file.write(data)
                digest.update(data)
                size += len(data)

            yield write
        self._files[name] = {"size": size, "sha256": digest.hexdigest()}

    def add(self, name: str, source: Path, report: Callable[[int], object] = lambda size: None) -> None:
        """Add a file of the disk; `report` is called with the number of bytes done so far."""
        done = 0
        with source.open("rb") as file, self.open(name) as write:
            while chunk := file.read(CHUNK_BYTES):
                write(chunk)
                done += len(chunk)
                report(done)

    def close(self, **facts: object) -> dict:
        """Write the manifest, with further fields from `facts`, and close the file; returns the manifest."""
        manifest: Any = Manifest().dump({"format": FORMAT_VERSION, **facts, "files": self._files})
        self._zip.writestr(MANIFEST, json.dumps(manifest, indent=1))
        self._zip.close()
        return manifest


@contextmanager
def new_archive(target: Path) -> Iterator[tuple[Writer, Path]]:
    """Yield a Writer and a folder for temporary files; `target` is created at the end of the block.

    An error in the block leaves no `target`. The folder is beside it, readable by its owner only. Raises
    BackupError when `target` exists.
    """
    if target.exists():
        raise BackupError(_("%(file)s already exists. Choose another file name.", file=target))
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        part = Path(folder) / "archive"
        yield Writer(part), Path(folder)
        with part.open("rb") as file:
            os.fchmod(file.fileno(), 0o600)
            os.fsync(file.fileno())
        part.rename(target)
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Archive:
    """An archive to read. Everything that can be wrong with it raises BackupError."""

    def __init__(self, path: Path) -> None:
        with _backup_errors():
            self._zip = zipfile.ZipFile(path)
            self.manifest = self._read_manifest()
        self._check_names()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *error: object) -> None:
        self._zip.close()

    @property
    def size(self) -> int:
        """The size of all files in bytes, uncompressed."""
        return sum(file["size"] for file in self.manifest["files"].values())

    def _read_manifest(self) -> dict:
        with self._open(MANIFEST) as file:
            text = file.read(MAX_MANIFEST_BYTES + 1)
        if len(text) > MAX_MANIFEST_BYTES:
            raise BackupError(_("The manifest of the archive is too large."))
        found = json.loads(text)
        if isinstance(found, dict) and found.get("format") != FORMAT_VERSION:
            version = str(found.get("format"))[:20]
            raise BackupError(
                _(
                    "The archive has format %(theirs)s. This version reads format %(ours)s.",
                    theirs=repr(version),
                    ours=FORMAT_VERSION,
                )
            )
        manifest: Any = Manifest().load(found)
        return manifest

    def _check_names(self) -> None:
        names = [info.filename for info in self._zip.infolist()]
        if sorted(names) != sorted([*self.manifest["files"], MANIFEST]):
            raise BackupError(_("The archive does not contain the files in its manifest."))
        for name in self.manifest["files"]:
            parts = PurePosixPath(name).parts
            if (
                str(PurePosixPath(name)) != name
                or name.startswith("/")
                or not name.isprintable()
                or "\\" in name
                or ":" in name
                or {".", ".."} & set(parts)
            ):
                raise BackupError(
                    _("The archive contains a file name that leads outside it: %(name)s", name=repr(name))
                )

    def _open(self, name: str) -> IO[bytes]:
        info = self._zip.getinfo(name)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if (
            info.compress_type not in COMPRESSION_METHODS
            or info.flag_bits & 1
            or kind not in (0, stat.S_IFREG)
        ):
            raise BackupError(
                _("The archive contains something that is not a regular file: %(name)s", name=repr(name))
            )
        return self._zip.open(info)

    def require_tables(self, expected: dict[str, list[str]]) -> None:
        """Raise BackupError unless the archive has exactly these tables with these columns, in any order."""
        found = {name: sorted(table["columns"]) for name, table in self.manifest["tables"].items()}
        if found != {name: sorted(columns) for name, columns in expected.items()}:
            raise BackupError(_("The tables of the archive do not match its schema."))

    def require_rows(self, table: str, rows: int) -> None:
        """Raise BackupError unless the manifest lists as many rows for the table."""
        if rows != (counted := self.manifest["tables"][table]["rows"]):
            raise BackupError(
                _("The archive has %(n)s rows of %(table)s instead of %(m)s.", n=rows, table=table, m=counted)
            )

    def names(self, folder: str) -> list[str]:
        """The files below a folder of the archive."""
        return sorted(name for name in self.manifest["files"] if name.startswith(f"{folder}/"))

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of one file in chunks.

        Raises BackupError, at the latest after the last chunk, if the file differs from the manifest.
        """
        expected = self.manifest["files"].get(name)
        digest = hashlib.sha256()
        size = 0
        if expected is None:
            raise BackupError(_("%(name)s is missing from the archive.", name=name))
        with _backup_errors(), self._open(name) as file:
            while size <= expected["size"] and (chunk := file.read(CHUNK_BYTES)):
                size += len(chunk)
                digest.update(chunk)
                yield chunk
        if (size, digest.hexdigest()) != (expected["size"], expected["sha256"]):
            raise BackupError(_("The archive is damaged: the content of %(name)s has changed.", name=name))

    def verify(self, report: Callable[[int], object]) -> None:
        """Read all files once; `report` is called with the number of bytes read. Raises BackupError."""
        done = 0
        for name in self.manifest["files"]:
            for chunk in self.chunks(name):
                done += len(chunk)
                report(done)

    def unpack(self, name: str, target: Path) -> None:
        """Write one file to the new path `target`, with mode 0600."""
        descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for chunk in self.chunks(name):
                file.write(chunk)


@contextmanager
def _backup_errors() -> Iterator[None]:
    """Turn every error that a hostile or damaged file can cause in the libraries into BackupError."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        ValueError,
        RecursionError,
        RuntimeError,
        NotImplementedError,
        ValidationError,
    ) as error:
        raise BackupError(
            _("This is not a backup of a site, or it is damaged: %(why)s", why=error)
        ) from error
