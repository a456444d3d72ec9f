"""Writing an index folder: deletions by key, small merges, and locks that hold over all processes."""

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.reading import SegmentReader

from search.engines.whoosh.codec import Writer
from search.engines.whoosh.schema import SCHEMA, row
from search.engines.whoosh.storage import NAME, Snapshot
from search.fields import Document

FAN = 8  # so many segments of like size become one
LARGEST_MERGED = FAN**3  # documents; a merge at most this large keeps every commit short
FILLED = 20_000  # documents a new segment takes: its postings are held in memory until it is written


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock against every other thread and process; gives False when taken and not to `wait` for."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def create(folder: Path, documents: Iterable[Document]) -> int:
    """Make a new index of these documents in a folder that does not exist; returns how many there are."""
    folder.mkdir(mode=0o700)
    index = FileIndex.create(FileStorage(str(folder)), SCHEMA, NAME)
    writer, count = Writer(index), 0
    for count, document in enumerate(documents, 1):
        writer.add_document(**row(document))
        if count % FILLED == 0:
            writer.commit(merge=False)
            writer = Writer(index)
    writer.commit(merge=False)
    return count


def replace(
    snapshot: Snapshot, keys: Iterable[str], documents: Iterable[Document], *, purge: bool = False
) -> None:
    """Drop `keys` from the index that `snapshot` shows at its newest, add `documents`; one commit.

    With `purge` nothing of a dropped document stays in a file, however large the files are.
    """
    writer = Writer(FileIndex(FileStorage(str(snapshot.folder)), SCHEMA, NAME), timeout=60)
    try:
        described = {each.segment_id(): each for each in writer.segments}
        for key in keys:
            for segment, alive in snapshot.parts:
                docs = segment.docs("key", key)
                for doc in docs[alive[docs]].tolist():
                    described[segment.name].delete_document(doc)
        for document in documents:
            writer.add_document(**row(document))
        writer.commit(mergetype=_merge_touched if purge else _merge_small)
    except BaseException:
        writer.abandon()
        raise


def _merge_touched(writer: Writer, segments: list) -> list:
    """Write anew every segment that holds deleted documents."""
    touched = [each for each in segments if each.has_deletions()]
    _join(writer, touched)
    return [each for each in segments if each not in touched]


def _join(writer: Writer, segments: list) -> None:
    for segment in segments:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()


def _merge_small(writer: Writer, segments: list) -> list:
    """Join the smallest segments of like size once there are FAN of them; forget empty ones."""
    tiers: dict[int, list] = {}
    for segment in segments:
        size = segment.doc_count()
        if 0 < size < LARGEST_MERGED:
            tier = next(tier for tier in range(1, 4) if size < FAN**tier)
            tiers.setdefault(tier, []).append(segment)
    joined = next((tiers[tier] for tier in sorted(tiers) if len(tiers[tier]) >= FAN), [])
    _join(writer, joined)
    return [each for each in segments if each not in joined and each.doc_count()]
