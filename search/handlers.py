"""The index follows what happened; repeating an event changes nothing."""

from flask import current_app

from core.database.db import utcnow
from core.jobs import events
from search import changes, documents
from search.engines.base import Engine, Unavailable

REBUILT_FROM = 5_000  # so many changed documents are quicker written anew with all others


@events.register_handler("*")
def follow(batch: list[events.Event]) -> None:
    """Bring the index up to date with everything the events are about, in one commit."""
    engine = _engine()
    keys = changes.touched(batch)
    if any(event.name == "import.finished" for event in batch):
        heal()  # an import into an empty site finds no index
        with engine.view() as index:
            keys |= changes.differing(index.keys())
    if len(keys) > REBUILT_FROM:
        rebuild()
        return
    purge = any(event.name.endswith(".redacted") for event in batch)
    try:
        engine.update(keys, documents.of, purge=purge)
    except Unavailable:
        heal()
        engine.update(keys, documents.of, purge=purge)


def rebuild(found=None, *, wait: bool = True) -> int | None:
    """Write the index anew from `found` (all documents); returns its size, None when another process does."""
    began = utcnow()
    return _engine().rebuild(
        documents.everything() if found is None else found,
        lambda: changes.since(began),
        documents.of,
        wait=wait,
    )


def heal(*, wait: bool = True) -> int:
    """Rebuild the index if it cannot be read, or `wait` for who does; returns how much was written here."""
    engine = _engine()
    if engine.is_usable():
        return 0
    count = rebuild(wait=False)
    if count is None and wait:
        engine.wait_for_rebuild()
    return count or 0


def _engine() -> Engine:
    return current_app.extensions["search"]
