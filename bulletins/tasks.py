"""Reads stored documents again after the readers learned more: derived fixes, sources of exploitation."""

from sqlalchemy import select

from advisories import fixed_versions
from advisories.completion import complete
from bulletins import queries, rows, store_actions
from bulletins.catalogue import Catalogue
from bulletins.models import Bulletin
from core.database.db import db, lock_rows, read_transaction
from core.jobs.worker import register_round_job
from posts.models import Post

BATCH_SIZE = 20  # bulletins of a round; other jobs run between rounds


@register_round_job()
def read_again() -> int:
    """Update bulletins that an older edition of the readers stored; return how many."""
    with read_transaction():
        ids = list(
            db.session.scalars(
                select(Bulletin.id)
                .where(Bulletin.reader_edition < store_actions.READER_EDITION)
                .order_by(Bulletin.id)
                .limit(BATCH_SIZE)
            )
        )
    if not ids:
        return 0
    catalogue = Catalogue()
    for bulletin_id in ids:
        _read_again(bulletin_id, catalogue)
        db.session.commit()
        db.session.expunge_all()
    return len(ids)


def _read_again(bulletin_id: int, catalogue: Catalogue) -> None:
    """Derive from what is stored of a document what its reader derives now; not for own bulletins."""
    lock_rows(Post, [bulletin_id])
    bulletin = queries.get_whole(bulletin_id)
    advisory = rows.to_advisory(bulletin, with_local=False)
    if bulletin.import_digest:
        fixed_versions.derive(advisory, is_record=advisory.format == "cve")
        complete(advisory)
    store_actions.refresh(bulletin, advisory, catalogue)
