"""Imports confirmed uploads in a loop of the worker, and deletes old ones."""

from bulletins.uploads import actions, import_upload, queries
from core.database.db import db, read_transaction
from core.jobs.worker import LONG, register_daily_task, register_round_job


@register_round_job(LONG)
def import_confirmed_upload() -> int:
    """Import one upload that was confirmed; returns 1, or 0 when there is none."""
    with read_transaction():
        upload_id = queries.confirmed_id()
    return 0 if upload_id is None else int(import_upload.run(upload_id))


@register_daily_task(hour=3, minute=25)
def delete_old_uploads() -> None:
    """Delete expired uploads."""
    actions.delete_expired()
    db.session.commit()
