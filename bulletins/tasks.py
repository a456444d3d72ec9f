"""Reads stored documents again after the readers learned more: derived fixes, sources of exploitation."""

from sqlalchemy import select

from advisories import fixed_versions
from advisories.advisory import Advisory
from advisories.completion import complete
from bulletins import import_steps, large_documents, queries, rows, store_actions
from bulletins.catalogue import Catalogue
from bulletins.large_documents import Outdated
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
                .where(Bulletin.reader_edition < import_steps.READER_EDITION)
                .order_by(Bulletin.id)
                .limit(BATCH_SIZE)
            )
        )
    if not ids:
        return 0
    catalogue = Catalogue()
    for bulletin_id in ids:
        _read_again(bulletin_id, catalogue)
        db.session.expunge_all()
    return len(ids)


def _read_again(bulletin_id: int, catalogue: Catalogue) -> None:
    """Derive again from what is stored of a document, unless it is our own; commits."""
    with read_transaction():
        count = queries.count_products(bulletin_id)
    if count > large_documents.LARGE:
        _read_large_again(bulletin_id, catalogue)
        return
    lock_rows(Post, [bulletin_id])
    bulletin = queries.get_whole(bulletin_id)
    store_actions.refresh(bulletin, _derived(bulletin), catalogue)
    db.session.commit()


def _read_large_again(bulletin_id: int, catalogue: Catalogue) -> None:
    with read_transaction():
        bulletin = queries.get_whole(bulletin_id)
        change = large_documents.prepare_again(bulletin, _derived(bulletin), catalogue)
    db.session.expunge_all()
    try:
        change.store()
        db.session.commit()
    except Outdated:
        db.session.rollback()  # the next round tries again


def _derived(bulletin: Bulletin) -> Advisory:
    advisory = rows.to_advisory(bulletin, with_local=False)
    if bulletin.import_digest:
        fixed_versions.derive(advisory, is_record=advisory.format == "cve")
        complete(advisory)
    return advisory
