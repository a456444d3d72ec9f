"""The index of this instance in a folder: written by one at a time, rebuilt beside and swapped in.

Postings are pickles, so the folder is 0700 and never restored from elsewhere but rebuilt.
"""

import logging
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from search.engines.base import Load, Unavailable
from search.engines.whoosh import writing
from search.engines.whoosh.index import Index
from search.engines.whoosh.schema import FORMAT
from search.engines.whoosh.storage import Snapshot, newest_generation
from search.fields import Document

log = logging.getLogger(__name__)
MANY_SEGMENTS = 24
MANY_DELETED = 0.2


class Engine:
    """One index folder. Holds `CURRENT` (the name of the index in use), that index, and two lock files."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._pointer = folder / "CURRENT"
        self._refreshing = threading.Lock()
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """The newest state of the index, shared by all threads; raises Unavailable."""
        with self._refreshing:
            try:
                self._snapshot = self._newest(self._snapshot)
            except Exception:  # another index may have been swapped in between two reads: look once more
                try:
                    self._snapshot = self._newest(None)
                except Exception as error:
                    self._snapshot = None
                    raise Unavailable(repr(error)) from error
            return self._snapshot

    def _newest(self, before: Snapshot | None) -> Snapshot:
        folder = self.folder / self._pointer.read_text()
        if not folder.name.startswith(f"index-{FORMAT}-"):
            raise Unavailable("written by another version")
        if before and before.folder == folder and before.generation == newest_generation(folder):
            return before
        return Snapshot(folder, before)

    @contextmanager
    def view(self, hidden: Iterable[str] = ()) -> Iterator[Index]:
        """The newest state of the index without what is `hidden`; raises Unavailable, also from within.

        Damage that is met while reading puts the index out of use, for everyone.
        """
        snapshot = self.snapshot()
        try:
            yield Index(snapshot.without(hidden))
        except Unavailable:
            self._distrust(snapshot)
            raise

    def is_usable(self) -> bool:
        """Whether the index can be read."""
        try:
            self.snapshot()
        except Unavailable:
            return False
        return True

    def is_worn(self) -> bool:
        """Whether it has many small segments, or much in it is deleted."""
        parts = self.snapshot().parts
        size = sum(segment.size for segment, _ in parts)
        alive = sum(int(alive.sum()) for _, alive in parts)
        return len(parts) > MANY_SEGMENTS + size / writing.FILLED or size - alive > MANY_DELETED * size

    def update(self, keys: Iterable[str], load: Load, *, purge: bool = False) -> None:
        """Bring the index up to date with what these keys name now: `load` gives those that still exist.

        `load` is called when no one else can write: the last to write has read last. With `purge`, files
        keep nothing of what was there before. Raises Unavailable.
        """
        keys = set(keys)
        if not keys:
            return
        with writing.locked(self.folder / "write.lock"):
            snapshot = self.snapshot()
            documents = load(keys)
            try:
                writing.replace(snapshot, keys, documents, purge=purge)
            except OSError as error:
                if isinstance(error, FileNotFoundError):
                    self._pointer.unlink(missing_ok=True)
                raise Unavailable(repr(error)) from error

    def rebuild(
        self,
        documents: Iterable[Document],
        missed: Callable[[], Iterable[str]],
        load: Load,
        *,
        wait: bool = True,
    ) -> int | None:
        """Write a whole new index beside the old one, then swap it in; returns its size.

        What changed meanwhile went to the old index: `missed` names it, and it is read again before the
        swap. None when another rebuild is under way and is not to be waited for.
        """
        with writing.locked(self.folder / "rebuild.lock", wait=wait) as alone:
            if not alone:
                return None
            fresh = self.folder / f"index-{FORMAT}-{uuid.uuid4().hex[:12]}"
            try:
                count = writing.create(fresh, documents)
                with writing.locked(self.folder / "write.lock"):
                    if keys := set(missed()):
                        writing.replace(Snapshot(fresh), keys, load(keys))
                    self._point_to(fresh.name)
            finally:
                self._remove_unused()
            return count

    def wait_for_rebuild(self) -> None:
        """Return when no rebuild is under way."""
        with writing.locked(self.folder / "rebuild.lock"):
            return

    def _remove_unused(self) -> None:
        """Remove the folders that CURRENT does not name; whoever still reads there has the files open."""
        used = self._pointer.read_text() if self._pointer.exists() else ""
        for folder in self.folder.glob("index-*"):
            if folder.name != used:
                shutil.rmtree(folder, ignore_errors=True)

    def _point_to(self, name: str) -> None:
        pointer = self._pointer.with_suffix(".new")
        pointer.write_text(name)
        os.replace(pointer, self._pointer)

    def _distrust(self, snapshot: Snapshot) -> None:
        """Put a damaged index out of use; the worker will see that there is none."""
        log.error("the index %s is damaged", snapshot.folder.name)
        with writing.locked(self.folder / "write.lock"):
            if self._pointer.exists() and self._pointer.read_text() == snapshot.folder.name:
                self._pointer.unlink()
