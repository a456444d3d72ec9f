"""Where the bytes of attachments are: an interface, and the store in the instance folder.

Files are named by the SHA-256 of their content, so the same file is stored once, and no name that somebody
typed becomes a path. A second store (s3_store.py) implements the same interface.
"""

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from flask import Flask, current_app

FOLDER = "uploads/attachments"  # in the instance; `uploads` is what backups contain
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Store(Protocol):
    """Stores bytes under their digest."""

    def put(self, data: bytes) -> str:
        """Store `data` durably, or mark it as new if it is stored; returns its digest. Raises OSError."""
        ...

    def open(self, digest: str) -> BinaryIO | None:
        """The stored bytes; None when they are missing."""
        ...

    def has(self, digest: str) -> bool:
        """Whether the bytes are stored."""
        ...

    def delete(self, digest: str, older_than_seconds: float) -> bool:
        """Delete the bytes if they were stored longer ago than this; returns whether they were."""
        ...

    def digests(self) -> Iterator[str]:
        """The digests of everything stored."""
        ...


def digest_of(data: bytes) -> str:
    """The SHA-256 of `data` in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


class LocalStore:
    """Files in a folder of the instance, readable by their owner only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ValueError(digest)
        return self.folder / digest[:2] / digest

    def put(self, data: bytes) -> str:
        """Store `data`; a file of the same content only gets the current time."""
        digest = digest_of(data)
        path = self._path(digest)
        for folder in (self.folder.parent, self.folder, path.parent):
            folder.mkdir(exist_ok=True, mode=0o700)
        try:
            os.utime(path)
        except FileNotFoundError:
            self._write(path, data)
        return digest

    def _write(self, path: Path, data: bytes) -> None:
        """Write a file completely or not at all."""
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")  # has mode 0600
        try:
            with os.fdopen(descriptor, "wb") as part:
                part.write(data)
                part.flush()
                os.fsync(part.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def open(self, digest: str) -> BinaryIO | None:
        """The file, without following a symbolic link."""
        try:
            return os.fdopen(os.open(self._path(digest), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
        except OSError:
            return None

    def has(self, digest: str) -> bool:
        """Whether there is such a file."""
        return self._path(digest).is_file()

    def delete(self, digest: str, older_than_seconds: float) -> bool:
        """Delete the file if it is old enough."""
        path = self._path(digest)
        try:
            if time.time() - path.stat().st_mtime < older_than_seconds:
                return False
            path.unlink()
        except FileNotFoundError:
            return False
        return True

    def digests(self) -> Iterator[str]:
        """The names of all files; parts of interrupted writes that are a day old are deleted."""
        for path in sorted(self.folder.glob("??/*")):
            if _DIGEST.fullmatch(path.name):
                yield path.name
            elif path.name.startswith(".part-") and time.time() - path.stat().st_mtime > 86_400:
                path.unlink(missing_ok=True)


def current_store() -> Store:
    """The store of the current app."""
    return current_app.extensions["attachments"]


def init_app(app: Flask) -> None:
    """Choose the store."""
    app.extensions["attachments"] = LocalStore(app.config["REDOUBT_INSTANCE"] / FOLDER)
