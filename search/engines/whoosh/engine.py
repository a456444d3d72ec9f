"""The engine in files: one index folder with one writer at a time, rebuilt beside the active index.

Whoosh stores parts of an index as pickles, so the folder is 0700 and is rebuilt, never restored, after a
restore.
"""

import logging
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from search.engines.base import DocumentLoader, Unavailable
from search.engines.whoosh import writing
from search.engines.whoosh.index import Index
from search.engines.whoosh.schema import FORMAT
from search.engines.whoosh.storage import Snapshot, newest_generation
from search.fields import Document

log = logging.getLogger(__name__)
MAX_SMALL_SEGMENTS = 24
MAX_DELETED_SHARE = 0.2


class Engine:
    """One index folder: `CURRENT` (the name of the active index), that index, and two lock files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pointer = folder / "CURRENT"
        self._snapshot_lock = threading.Lock()
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """The newest snapshot, shared by all threads; raises Unavailable."""
        with self._snapshot_lock:
            try:
                self._snapshot = self._newest(self._snapshot)
            except Exception:  # another index may have been activated between two reads: try again
                try:
                    self._snapshot = self._newest(None)
                except Exception as error:
                    self._snapshot = None
                    raise Unavailable(repr(error)) from error
            return self._snapshot

    def _newest(self, previous: Snapshot | None) -> Snapshot:
        folder = self.folder / self._pointer.read_text()
        if not folder.name.startswith(f"index-{FORMAT}-"):
            raise Unavailable("written by another version")
        if previous and previous.folder == folder and previous.generation == newest_generation(folder):
            return previous
        return Snapshot(folder, previous)

    @contextmanager
    def view(self, hidden: Iterable[str] = ()) -> Iterator[Index]:
        """Open the newest state without the keys in `hidden`; raises Unavailable, also inside the block."""
        snapshot = self.snapshot()
        try:
            yield Index(snapshot.without(hidden))
        except Unavailable:
            self._discard(snapshot)
            raise

    def is_usable(self) -> bool:
        """Whether the index can be read."""
        try:
            self.snapshot()
        except Unavailable:
            return False
        return True

    def needs_rebuild(self) -> bool:
        """Whether there are many small segments or many deleted documents."""
        parts = self.snapshot().parts
        size = sum(segment.size for segment, _ in parts)
        deleted = size - sum(int(live.sum()) for _, live in parts)
        max_segments = MAX_SMALL_SEGMENTS + size / writing.SEGMENT_DOCUMENTS
        return len(parts) > max_segments or deleted > MAX_DELETED_SHARE * size

    def update(self, keys: Iterable[str], load: DocumentLoader, *, purge: bool = False) -> None:
        """Update the documents of these keys; see search.engines.base.Engine.update()."""
        keys = set(keys)
        if not keys:
            return
        with writing.file_lock(self.folder / "write.lock"):
            snapshot = self.snapshot()
            documents = load(keys)
            try:
                writing.replace_documents(snapshot, keys, documents, purge=purge)
            except OSError as error:
                if isinstance(error, FileNotFoundError):
                    self._pointer.unlink(missing_ok=True)
                raise Unavailable(repr(error)) from error

    def rebuild(
        self,
        documents: Iterable[Document],
        changed_keys: Callable[[], Iterable[str]],
        load: DocumentLoader,
        *,
        wait: bool = True,
    ) -> int | None:
        """Build a new index, then activate it; see search.engines.base.Engine.rebuild()."""
        with writing.file_lock(self.folder / "rebuild.lock", wait=wait) as acquired:
            if not acquired:
                return None
            new_folder = self.folder / f"index-{FORMAT}-{uuid.uuid4().hex[:12]}"
            try:
                count = writing.create_index(new_folder, documents)
                self._activate(new_folder, changed_keys, load)
            finally:
                self._remove_unused()
            return count

    def wait_for_rebuild(self) -> None:
        """Block until no rebuild is running."""
        with writing.file_lock(self.folder / "rebuild.lock"):
            return

    def _remove_unused(self) -> None:
        """Remove inactive index folders; their readers have the files open."""
        used = self._pointer.read_text() if self._pointer.exists() else ""
        for folder in self.folder.glob("index-*"):
            if folder.name != used:
                shutil.rmtree(folder, ignore_errors=True)

    def _activate(
        self, folder: Path, changed_keys: Callable[[], Iterable[str]], load: DocumentLoader
    ) -> None:
        """Apply the changes made during a rebuild to the new index and make it the active one."""
        with writing.file_lock(self.folder / "write.lock"):
            if keys := set(changed_keys()):
                writing.replace_documents(Snapshot(folder), keys, load(keys))
            pointer = self._pointer.with_suffix(".new")
            pointer.write_text(folder.name)
            os.replace(pointer, self._pointer)

    def _discard(self, snapshot: Snapshot) -> None:
        """Deactivate a damaged index; the worker then rebuilds it."""
        log.error("search index %s is damaged", snapshot.folder.name)
        with writing.file_lock(self.folder / "write.lock"):
            if self._pointer.exists() and self._pointer.read_text() == snapshot.folder.name:
                self._pointer.unlink()
