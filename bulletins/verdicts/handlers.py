"""Event handlers: compare bulletins with versions that are new on the site, or that a correction is about."""

from bulletins.verdicts import actions
from core.database.db import db, read_transaction
from core.jobs import events
from inventory.versions.queries import not_compared

BATCH_SIZE = 100  # versions compared in one transaction


@events.register_handler("components.changed", "bulletin.correction_approved", "bulletin.correction_undone")
def compare_new_versions(batch: list[events.Event]) -> None:
    """Compare all versions that are not compared yet; the write lock is held only to store the result."""
    while True:
        with read_transaction():
            versions = not_compared(BATCH_SIZE)
            comparison = actions.compare_versions(versions) if versions else None
        if comparison is None:
            return
        actions.store_comparison(comparison)
        db.session.commit()
