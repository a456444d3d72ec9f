"""Write an index folder: deletions by key, small merges, and file locks across processes."""

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.reading import SegmentReader

from search.engines.whoosh.codec import SegmentPostingsWriter
from search.engines.whoosh.schema import SCHEMA, row
from search.engines.whoosh.storage import INDEX_NAME, Snapshot
from search.fields import Document

MERGE_FACTOR = 8  # segments of similar size that are merged into one
MAX_MERGED_DOCUMENTS = MERGE_FACTOR**3  # larger segments are not merged, so that every commit is short
SEGMENT_DOCUMENTS = 20_000  # per new segment: its postings are in memory until it is written


@contextmanager
def file_lock(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold an exclusive lock across threads and processes; yields False when taken and `wait` is false."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def create_index(folder: Path, documents: Iterable[Document]) -> int:
    """Create an index of these documents in a new folder; return the document count."""
    folder.mkdir(mode=0o700)
    index = FileIndex.create(FileStorage(str(folder)), SCHEMA, INDEX_NAME)
    writer = SegmentPostingsWriter(index)
    count = 0
    for count, document in enumerate(documents, 1):
        writer.add_document(**row(document))
        if count % SEGMENT_DOCUMENTS == 0:
            writer.commit(merge=False)
            writer = SegmentPostingsWriter(index)
    writer.commit(merge=False)
    return count


def replace_documents(
    snapshot: Snapshot, keys: Iterable[str], documents: Iterable[Document], *, purge: bool = False
) -> None:
    """Delete `keys` and add `documents` in one commit; `snapshot` must be the newest.

    With `purge`, all segments with deletions are rewritten, so no deleted text stays in a file.
    """
    writer = SegmentPostingsWriter(
        FileIndex(FileStorage(str(snapshot.folder)), SCHEMA, INDEX_NAME), timeout=60
    )
    try:
        descriptions = {each.segment_id(): each for each in writer.segments}
        for key, (segment, live) in product(keys, snapshot.parts):
            docs = segment.docs("key", key)
            for doc in docs[live[docs]].tolist():
                descriptions[segment.name].delete_document(doc)
        for document in documents:
            writer.add_document(**row(document))
        writer.commit(mergetype=_merge_touched if purge else _merge_small)
    except BaseException:
        writer.abandon()
        raise


def _merge_touched(writer: SegmentPostingsWriter, segments: list) -> list:
    """Rewrite every segment with deleted documents."""
    touched = [each for each in segments if each.has_deletions()]
    _join(writer, touched)
    return [each for each in segments if each not in touched]


def _join(writer: SegmentPostingsWriter, segments: list) -> None:
    for segment in segments:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()


def _merge_small(writer: SegmentPostingsWriter, segments: list) -> list:
    """Merge the smallest segments of similar size once there are MERGE_FACTOR of them; drop empty ones."""
    tiers: dict[int, list] = {}
    for segment in segments:
        size = segment.doc_count()
        if 0 < size < MAX_MERGED_DOCUMENTS:
            tier = next(tier for tier in range(1, 4) if size < MERGE_FACTOR**tier)
            tiers.setdefault(tier, []).append(segment)
    joined = next((tiers[tier] for tier in sorted(tiers) if len(tiers[tier]) >= MERGE_FACTOR), [])
    _join(writer, joined)
    return [each for each in segments if each not in joined and each.doc_count()]
