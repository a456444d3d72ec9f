"""Scheduled tasks of posts."""

from core.database.db import db, read_transaction
from core.jobs.worker import register_daily_task
from posts.revisions import actions

BATCH_SIZE = 50
MAX_REVISIONS_PER_RUN = 5_000


@register_daily_task(hour=2, minute=50)
def compare_old() -> None:
    """Store missing comparisons of revisions, in batches."""
    after = done = 0
    while done < MAX_REVISIONS_PER_RUN:
        with read_transaction():
            found = actions.not_compared(after, BATCH_SIZE)
        for revision_id, post_id, number in found:
            actions.compare_revision(post_id, number)
            db.session.commit()
            after = revision_id
            done += 1
        if not found:
            return
