"""Pictures that lie beside imported texts: stored once for each post, whatever is imported again."""

import hashlib
import posixpath
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flask_babel import gettext as _
from sqlalchemy import select

from core.database.db import db, read_transaction
from core.web.forms import Invalid
from posts.attachments import actions, media
from posts.attachments.models import PICTURE, Attachment

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif")
MAX_FILES = 200_000  # of a folder that is searched by name


class FolderPictures:
    """The pictures below a folder of an import; files outside of it, also by links, are not read."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._named: dict[str, Path] | None = None

    def at(self, folder: str, url: str) -> Path | None:
        """The picture at the relative address `url` in a text of `folder` (a path below the root)."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        path = unquote(parts.path).replace("\\", "/").removeprefix("~")
        if parts.scheme or parts.netloc or not path or "\x00" in path:
            return None
        folders = list(_folders(folder)) if path.startswith("/") else [folder]
        for each in folders:
            place = posixpath.normpath(posixpath.join(each, path.lstrip("/")))
            if found := self._picture(self.root / place):
                return found
        return None

    def named(self, url: str) -> Path | None:
        """The picture with the name that the address ends with, anywhere below the root."""
        try:
            name = posixpath.basename(unquote(urlsplit(url).path)).lower()
        except ValueError:
            return None
        if self._named is None:
            self._named = {}
            for number, path in enumerate(sorted(self.root.rglob("*"))):
                if number >= MAX_FILES:
                    break
                if path.suffix.lower() in SUFFIXES and self._picture(path):
                    self._named.setdefault(path.name.lower(), path)
        return self._named.get(name)

    def _picture(self, path: Path) -> Path | None:
        try:
            real = path.resolve()
            is_one = (
                real.is_relative_to(self.root)
                and real.is_file()
                and 0 < real.stat().st_size <= actions.MAX_FILE_BYTES
            )
        except (OSError, RuntimeError):
            return None
        return real if is_one else None


def _folders(folder: str) -> Iterator[str]:
    """The folder and those above it: one of them may be the root of a site."""
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def attach_picture(path: Path, post_id: int) -> str:
    """The path of the attachment of the post that is made of this file; it is made only once. Commits.

    Raises Invalid, with the reason, for what is no picture or cannot be stored, and OSError.
    """
    data = path.read_bytes()
    found = media.recognise(data)
    if found is None or found.kind != PICTURE:
        raise Invalid({actions.FIELD: [_("not a picture that can be shown")]})
    source = hashlib.sha256(data).hexdigest()
    with read_transaction():
        known = db.session.scalar(
            select(Attachment)
            .where(Attachment.post_id == post_id, Attachment.source_digest == source)
            .order_by(Attachment.id)
            .limit(1)
        )
        if known is not None:
            return actions.path_of(known)
    prepared = actions.prepare(data, path.name)
    made = actions.store(prepared, author_id=None, post_id=post_id, source_digest=source)
    address = actions.path_of(made)
    db.session.commit()
    return address
