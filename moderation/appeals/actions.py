"""Writes of appeals: ask, approve, refuse. Nothing here commits."""

from flask_babel import gettext as _
from sqlalchemy import select

from auth.conflicts import name_of
from core.database.db import db, utcnow
from core.jobs import events
from core.web.conflicts import AlreadyDone
from core.web.forms import Invalid
from moderation import actions as moderation
from moderation.appeals.models import APPROVED, REFUSED, Appeal, state_of
from posts import locks
from posts.models import Post

APPEALS_A_DAY = (10, 24 * 3600)  # texts, seconds


def appeal(post: Post, text: str, *, by) -> Appeal:
    """Ask for a removed post. Invalid when it is back, or was asked for in this state."""
    locks.lock(post)
    if not post.is_deleted:
        raise Invalid({"_": [_("This post is no longer deleted.")]})
    state = state_of(post)
    known = db.session.scalar(select(Appeal).where(Appeal.post_id == post.id, Appeal.state == state))
    if known is not None:
        message = _("You have already asked for a review. A moderator will answer.")
        if known.outcome:
            message = _("You have already asked for a review of this post. Edit its text to ask again.")
        raise Invalid({"_": [message]})
    row = db.session.scalar(select(Appeal).where(Appeal.post_id == post.id, Appeal.outcome.is_(None)))
    if row is None:
        row = Appeal(post_id=post.id, user_id=by.id)
        db.session.add(row)
    row.state, row.text, row.created_at = state, text, utcnow()
    events.record("appeal.made", subject=row, actor=by, post_id=post.id)
    return row


def approve(row: Appeal, *, by, note: str = "") -> None:
    """Restore the post; its author is told. Raises AlreadyDone when somebody else has decided."""
    if _take(row, by):
        _settle(row, APPROVED, by, note)  # first: the notification of it is the one that the author gets
        moderation.restore(row.post, by=by, note=note)


def refuse(row: Appeal, answer: str, *, by) -> None:
    """The post stays removed; its author is told why. Raises AlreadyDone when somebody else has decided."""
    if _take(row, by):
        _settle(row, REFUSED, by, answer)
        moderation.decide("appeal-refused", by=by, post=row.post, note=answer)


def settle_open(post: Post, outcome: str, *, by, note: str = "") -> None:
    """Decide an appeal that waits when the post is restored in another way."""
    row = db.session.scalar(select(Appeal).where(Appeal.post_id == post.id, Appeal.outcome.is_(None)))
    if row is not None:
        _settle(row, outcome, by, note)


def _take(row: Appeal, by) -> bool:
    """Whether `by` decides it; False when they have done so already."""
    locks.lock_thread(row.post)
    db.session.refresh(row, ["outcome", "answer", "decided_by_id", "decided_at"])
    if row.outcome is None:
        return True
    if row.decided_by_id == by.id:
        return False
    what = _("this post is restored.") if row.outcome == APPROVED else _("this request is rejected.")
    raise AlreadyDone(what, who=name_of(row.decided_by_id), at=row.decided_at, url=row.post.url)


def _settle(row: Appeal, outcome: str, by, answer: str) -> None:
    row.outcome, row.answer = outcome, answer
    row.decided_by_id, row.decided_at = by.id, utcnow()
    db.session.flush()
    events.record(
        "appeal.decided", subject=row, actor=by, post_id=row.post_id, outcome=outcome, answer=answer
    )
