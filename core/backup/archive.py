"""A file with everything of a site: written whole or not at all, read as if an enemy had made it.

A ZIP file. `manifest.json` names every other file in it with size and SHA-256; what it does not name is
refused, nothing is unpacked to a place that a name in the archive chose, and nothing is read beyond its size.
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

from flask_babel import gettext as _
from marshmallow import RAISE, Schema, ValidationError, fields, validate

FORMAT = 1
MANIFEST = "manifest.json"
MANIFEST_SIZE = 4_000_000  # bytes
PIECE = 1 << 20
LEVEL = 3  # a third of the time of the usual 6, for a tenth more bytes
KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # unpacked in little memory, whatever they say
COUNT = validate.Range(0, 2**53)
SETTING = fields.String(validate=validate.Regexp(r"REDOUBT_[A-Z_]{1,40}\Z"))
NAME = validate.Regexp(r"[a-z_][a-z0-9_]{0,62}\Z")
Write = Callable[[bytes], object]


class Refused(Exception):
    """An archive or a place that cannot be used; the message says why, and what to do."""


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _File(_Strict):
    size = fields.Integer(required=True, strict=True, validate=COUNT)
    sha256 = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))


class _Table(_Strict):
    rows = fields.Integer(required=True, strict=True, validate=COUNT)
    columns = fields.List(fields.String(validate=NAME), required=True)


class Manifest(_Strict):
    """What stands in `manifest.json`."""

    format = fields.Integer(required=True, strict=True)
    made_at = fields.AwareDateTime(required=True)
    database = fields.String(required=True, validate=validate.OneOf(["sqlite", "postgresql"]))
    revision = fields.String(required=True, validate=validate.Regexp(r"[0-9a-z_]{1,32}\Z"))
    tables = fields.Dict(NAMES := fields.String(validate=NAME), fields.Nested(_Table), required=True)
    sequences = fields.Dict(NAMES, fields.Integer(strict=True), required=True)
    settings = fields.Dict(SETTING, fields.String(), required=True)
    unsaid = fields.List(SETTING, required=True)
    files = fields.Dict(fields.String(), fields.Nested(_File), required=True)


class Writer:
    """An archive being made: add() or open() files, then close() with the rest of the manifest."""

    def __init__(self, path: Path):
        self._zip = zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
        self._files: dict[str, dict] = {}

    @contextmanager
    def open(self, name: str) -> Iterator[Write]:
        """Gives write(bytes) for one new file."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as file:

            def write(data: bytes) -> None:
                nonlocal size
                file.write(data)
                digest.update(data)
                size += len(data)

            yield write
        self._files[name] = {"size": size, "sha256": digest.hexdigest()}

    def add(self, name: str, source: Path, tell: Callable[[int], object] = lambda size: None) -> None:
        """Put a file of the disk in; `tell` hears how much of it is done."""
        done = 0
        with source.open("rb") as file, self.open(name) as write:
            while piece := file.read(PIECE):
                write(piece)
                done += len(piece)
                tell(done)

    def close(self, **manifest) -> dict:
        """Write the manifest and end; returns it."""
        manifest = Manifest().dump({"format": FORMAT, **manifest, "files": self._files})
        self._zip.writestr(MANIFEST, json.dumps(manifest, indent=1))
        self._zip.close()
        return manifest


@contextmanager
def made(target: Path) -> Iterator[tuple[Writer, Path]]:
    """Gives a Writer and a folder for what is needed meanwhile; `target` appears when all is well, or never.

    Both lie beside `target`, readable by nobody else. Raises Refused where there is something already.
    """
    if target.exists():
        raise Refused(_("%(file)s already exists. Choose another file name.", file=target))
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
    """An archive to read; every way in which it can be wrong is Refused."""

    def __init__(self, path: Path):
        with _refusing():
            self._zip = zipfile.ZipFile(path)
            self.manifest = self._read_manifest()
        self._check_names()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *error) -> None:
        self._zip.close()

    @property
    def size(self) -> int:
        """Bytes of everything in it, unpacked."""
        return sum(file["size"] for file in self.manifest["files"].values())

    def _read_manifest(self) -> dict:
        with self._open(MANIFEST) as file:
            text = file.read(MANIFEST_SIZE + 1)
        if len(text) > MANIFEST_SIZE:
            raise Refused(_("The manifest of the archive is too large."))
        found = json.loads(text)
        if isinstance(found, dict) and found.get("format") != FORMAT:
            theirs = str(found.get("format"))[:20]
            raise Refused(
                _(
                    "The archive has format %(theirs)s. This version reads format %(ours)s.",
                    theirs=repr(theirs),
                    ours=FORMAT,
                )
            )
        return Manifest().load(found)

    def _check_names(self) -> None:
        names = [info.filename for info in self._zip.infolist()]
        if sorted(names) != sorted([*self.manifest["files"], MANIFEST]):
            raise Refused(_("The archive does not contain the files in its manifest."))
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
                raise Refused(
                    _("The archive contains a file name that leads outside it: %(name)s", name=repr(name))
                )

    def _open(self, name: str) -> zipfile.ZipExtFile:
        info = self._zip.getinfo(name)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.compress_type not in KINDS or info.flag_bits & 1 or kind not in (0, stat.S_IFREG):
            raise Refused(
                _("The archive contains something that is not a regular file: %(name)s", name=repr(name))
            )
        return self._zip.open(info)

    def require_tables(self, ours: dict[str, list[str]]) -> None:
        """Refused unless the archive has exactly these tables with these columns, in any order."""
        theirs = {name: table["columns"] for name, table in self.manifest["tables"].items()}
        if {name: sorted(found) for name, found in theirs.items()} != {
            name: sorted(found) for name, found in ours.items()
        }:
            raise Refused(_("The tables of the archive do not match its schema."))

    def require_rows(self, table: str, rows: int) -> None:
        """Refused unless the manifest counted as many rows."""
        if rows != (counted := self.manifest["tables"][table]["rows"]):
            raise Refused(
                _("The archive has %(n)s rows of %(table)s instead of %(m)s.", n=rows, table=table, m=counted)
            )

    def names(self, folder: str) -> list[str]:
        """The files below a folder of the archive."""
        return sorted(name for name in self.manifest["files"] if name.startswith(f"{folder}/"))

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content of one file, a piece at a time; Refused, at the latest after the last, if it is not as
        the manifest says.
        """
        want, digest, size = self.manifest["files"].get(name), hashlib.sha256(), 0
        if want is None:
            raise Refused(_("%(name)s is missing from the archive.", name=name))
        with _refusing(), self._open(name) as file:
            while size <= want["size"] and (piece := file.read(PIECE)):
                size += len(piece)
                digest.update(piece)
                yield piece
        if (size, digest.hexdigest()) != (want["size"], want["sha256"]):
            raise Refused(_("The archive is damaged: the content of %(name)s has changed.", name=name))

    def verify(self, tell: Callable[[int], object]) -> None:
        """Read everything once; `tell` hears how many bytes were right. Raises Refused."""
        done = 0
        for name in self.manifest["files"]:
            for piece in self.pieces(name):
                done += len(piece)
                tell(done)

    def unpack(self, name: str, target: Path) -> None:
        """Write one file to a new place of the caller's choice, readable by its owner only."""
        descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for piece in self.pieces(name):
                file.write(piece)


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever a hostile or damaged file makes the libraries raise says only that it cannot be read."""
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
        raise Refused(_("This is not a backup of a site, or it is damaged: %(why)s", why=error)) from error
