"""Event handlers that update the index; idempotent."""

from collections.abc import Iterable

from flask import current_app

from core.database.db import utcnow
from core.jobs import events
from search import changes, documents
from search.engines.base import Engine, Unavailable
from search.fields import Document

REBUILD_THRESHOLD = 5_000  # from this many changed documents, a rebuild is faster


@events.register_handler("*")
def update_index(batch: list[events.Event]) -> None:
    """Update the index for a batch of events in one commit."""
    engine = _engine()
    keys = changes.affected_keys(batch)
    if any(event.name == "import.finished" for event in batch):
        ensure_index()  # after an import into an empty site there is no index
        with engine.view() as index:
            keys |= changes.keys_out_of_sync(index.keys())
    if len(keys) > REBUILD_THRESHOLD:
        rebuild()
        return
    purge = any(event.name.endswith(".redacted") for event in batch)
    try:
        engine.update(keys, documents.load_documents, purge=purge)
    except Unavailable:
        ensure_index()
        engine.update(keys, documents.load_documents, purge=purge)


def rebuild(found: Iterable[Document] | None = None, *, wait: bool = True) -> int | None:
    """Rebuild the index from `found`, by default all documents.

    Returns the document count, or None when another process is rebuilding and `wait` is false.
    """
    started = utcnow()
    return _engine().rebuild(
        documents.all_documents() if found is None else found,
        lambda: changes.keys_changed_since(started),
        documents.load_documents,
        wait=wait,
    )


def ensure_index(*, wait: bool = True) -> int:
    """Rebuild a missing or damaged index, or `wait` while another process does.

    Returns the number of documents written by this call.
    """
    engine = _engine()
    if engine.is_usable():
        return 0
    count = rebuild(wait=False)
    if count is None and wait:
        engine.wait_for_rebuild()
    return count or 0


def _engine() -> Engine:
    return current_app.extensions["search"]
