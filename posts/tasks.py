"""Scheduled work on what people wrote: old texts rendered again, old revisions compared."""

from collections import Counter

from core.db import db, reading
from core.worker import scheduled
from posts import diff_actions, render_actions

BATCH_SIZE = 50
MAX_POSTS_A_NIGHT, MAX_REVISIONS_A_NIGHT = 20_000, 5_000


@scheduled(hour=2, minute=20)
def render_old() -> None:
    """Bring texts to the present rules of Markdown, a night's share of them."""
    render_all(MAX_POSTS_A_NIGHT)


@scheduled(hour=2, minute=50)
def compare_old() -> None:
    """Compare revisions from before comparisons were stored."""
    after = done = 0
    while done < MAX_REVISIONS_A_NIGHT:
        with reading():
            found = diff_actions.not_compared(after, BATCH_SIZE)
        for revision_id, post_id, number in found:
            diff_actions.compare_revision(post_id, number)
            db.session.commit()
            after, done = revision_id, done + 1
        if not found:
            return


def render_all(most: int | None = None) -> Counter:
    """Render old texts, no more than `most`; how many were `rendered` and `refused`."""
    count, after = Counter(), 0
    while after is not None and (most is None or count.total() < most):
        after = render_actions.render_old(after, BATCH_SIZE, count)
        db.session.commit()
    return count
