"""The index looks after itself."""

from flask import current_app

from core.worker import each_round, scheduled
from search import handlers
from search.storage import Unavailable
from search.writing import FILLED

MANY_SEGMENTS = 24
MANY_DELETED = 0.2


@each_round
def heal() -> int:
    """Rebuild an index that is missing or damaged, unless another process does."""
    return handlers.heal(wait=False)


@scheduled(hour="3", minute="40")
def tidy() -> None:
    """Rebuild an index that changes have made slow: many small segments, or much that is deleted."""
    try:
        parts = current_app.extensions["search"].snapshot().parts
    except Unavailable:
        return
    size = sum(segment.size for segment, _ in parts)
    alive = sum(int(alive.sum()) for _, alive in parts)
    if len(parts) > MANY_SEGMENTS + size / FILLED or size - alive > MANY_DELETED * size:
        handlers.rebuild(wait=False)
