"""Maintenance of the index."""

from flask import current_app

from core.jobs.worker import register_daily_task, register_round_job
from search import handlers
from search.engines.base import Unavailable


@register_round_job()
def heal() -> int:
    """Rebuild an index that is missing or damaged, unless another process does."""
    return handlers.ensure_index(wait=False)


@register_daily_task(hour=3, minute=40)
def tidy() -> None:
    """Rebuild an index that changes have made slow or inexact."""
    try:
        is_due = current_app.extensions["search"].needs_rebuild()
    except Unavailable:
        return
    if is_due:
        handlers.rebuild(wait=False)
