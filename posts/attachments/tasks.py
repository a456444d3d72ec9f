"""Scheduled: delete attachments that no post shows, and stored bytes that no attachment refers to."""

from datetime import timedelta
from itertools import islice

from sqlalchemy import delete

from core.database.db import db, read_transaction, utcnow
from core.jobs.worker import register_daily_task
from posts.attachments import queries
from posts.attachments.models import Attachment
from posts.attachments.store import current_store

KEEP_UNATTACHED = timedelta(days=30)  # as long as browsers keep drafts, whose texts show them
MIN_AGE_SECONDS = 86_400  # of bytes: an upload stores them before its row is committed
BATCH_SIZE = 200


@register_daily_task(hour=3, minute=20)
def collect() -> None:
    """Delete orphans, in batches."""
    delete_orphans()
    delete_unused_bytes()


def delete_orphans() -> int:
    """Delete attachments that no post shows after KEEP_UNATTACHED; returns how many. Commits."""
    count = 0
    while True:
        with read_transaction():
            found = [each.id for each in queries.orphans(utcnow() - KEEP_UNATTACHED, BATCH_SIZE)]
        if not found:
            return count
        db.session.execute(delete(Attachment).where(Attachment.id.in_(found), Attachment.post_id.is_(None)))
        db.session.commit()
        count += len(found)


def delete_unused_bytes(min_age_seconds: float = MIN_AGE_SECONDS) -> int:
    """Delete stored bytes of no attachment that are older; returns how many. Writes no rows."""
    count = 0
    digests = current_store().digests()
    while names := list(islice(digests, BATCH_SIZE)):
        with read_transaction():
            used = queries.used_digests(names)
        count += sum(current_store().delete(name, min_age_seconds) for name in names if name not in used)
    return count
