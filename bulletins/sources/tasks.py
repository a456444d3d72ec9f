"""Runs the sources that are due, in a loop of the worker of its own."""

from functools import partial

from flask import current_app

from bulletins.sources import import_source, queries
from core.database.db import read_transaction
from core.jobs.worker import FETCH, register_round_job
from core.observability.heartbeats import HeartbeatWriter


@register_round_job(FETCH)
def fetch_due_source() -> int:
    """Run one source that is due; returns 1, or 0 when there is none."""
    with read_transaction():
        source_id = queries.due_source_id()
    if source_id is None:
        return 0
    app = current_app._get_current_object()  # pyright: ignore[reportAttributeAccessIssue]  (of the proxy)
    beat = partial(HeartbeatWriter(app, FETCH))
    return int(import_source.run(source_id, progress=beat) is not None)
