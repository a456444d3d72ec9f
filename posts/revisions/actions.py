"""Stored comparisons of revisions and suggestions, as positions (diffs.py). Nothing here commits."""

from sqlalchemy import select, update

from core.database.db import db, read_transaction
from posts.models import Revision, Suggestion
from posts.revisions import diffs


def compare_revision(post_id: int, number: int) -> None:
    """Compare a revision with the one before it; call it outside of a transaction."""
    with read_transaction():
        texts = _bodies(post_id, [number - 1, number])
    if len(texts) == 2:
        changes = diffs.compare(texts[number - 1], texts[number]).changes
        db.session.execute(
            update(Revision)
            .where(Revision.post_id == post_id, Revision.number == number, Revision.redacted_at.is_(None))
            .values(changes=changes)
            .execution_options(synchronize_session=False)
        )


def compare_suggestion(suggestion: Suggestion) -> None:
    """Compare a suggestion with the revision that it changes."""
    base = _bodies(suggestion.post_id, [suggestion.base_number])
    if base:
        suggestion.changes = diffs.compare(base[suggestion.base_number], suggestion.body).changes


def not_compared(after: int, limit: int) -> list[tuple[int, int, int]]:
    """(id, post id, number) of up to `limit` revisions without a comparison, after the id `after`."""
    rows = db.session.execute(
        select(Revision.id, Revision.post_id, Revision.number)
        .where(
            Revision.changes.is_(None),
            Revision.number > 1,
            Revision.redacted_at.is_(None),
            Revision.id > after,
        )
        .order_by(Revision.id)
        .limit(limit)
    )
    return [(revision_id, post_id, number) for revision_id, post_id, number in rows]


def _bodies(post_id: int, numbers: list[int]) -> dict[int, str]:
    rows = db.session.execute(
        select(Revision.number, Revision.body).where(
            Revision.post_id == post_id, Revision.number.in_(numbers)
        )
    )
    return dict(rows.tuples().all())
