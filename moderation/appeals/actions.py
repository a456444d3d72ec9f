"""Writes of appeals: appeal, approve, refuse. Nothing here commits."""

from flask_babel import gettext as _
from sqlalchemy import select

from auth.conflicts import name_of
from auth.models import User
from core.database.db import db, utcnow
from core.jobs import events
from core.limits.rate_limits import limit
from core.web.conflicts import AlreadyDone
from core.web.forms import Invalid
from moderation import actions as moderation
from moderation.appeals.models import APPROVED, REFUSED, Appeal, state_of
from posts import locks
from posts.models import Post

APPEALS_PER_DAY = (10, 24 * 3600)  # appeals of one member, seconds


def appeal(post: Post, text: str, *, by: User) -> Appeal:
    """Ask to restore a removed post.

    Raises Invalid if it is restored or was asked for in this state, TooMany after APPEALS_PER_DAY.
    """
    limit("appeal", by.id, *APPEALS_PER_DAY)
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
    row.state = state
    row.text = text
    row.created_at = utcnow()
    events.record("appeal.made", subject=row, actor=by, post_id=post.id)
    return row


def approve(row: Appeal, *, by: User, note: str = "") -> None:
    """Restore the post. Raises AlreadyDone when somebody else has decided."""
    if _lock_open(row, by):
        _decide(row, APPROVED, by, note)  # before restore(), whose event then notifies the author of nothing
        moderation.restore(row.post, by=by, note=note)


def refuse(row: Appeal, answer: str, *, by: User) -> None:
    """Leave the post removed; `answer` tells its author why. Raises AlreadyDone like approve()."""
    if _lock_open(row, by):
        _decide(row, REFUSED, by, answer)
        moderation.decide("appeal-refused", by=by, post=row.post, note=answer)


def decide_open(post: Post, outcome: str, *, by: User, note: str = "") -> None:
    """Decide the open appeal of a post, if any, when the post is restored in another way."""
    row = db.session.scalar(select(Appeal).where(Appeal.post_id == post.id, Appeal.outcome.is_(None)))
    if row is not None:
        _decide(row, outcome, by, note)


def _lock_open(row: Appeal, by: User) -> bool:
    """Lock an appeal for a decision; False when `by` has decided it, AlreadyDone when somebody else has."""
    locks.lock_thread(row.post)
    db.session.refresh(row, ["outcome", "answer", "decided_by_id", "decided_at"])
    if row.outcome is None:
        return True
    if row.decided_by_id == by.id:
        return False
    what = _("this post is restored.") if row.outcome == APPROVED else _("this request is rejected.")
    raise AlreadyDone(what, who=name_of(row.decided_by_id), at=row.decided_at, url=row.post.url)


def _decide(row: Appeal, outcome: str, by: User, answer: str) -> None:
    row.outcome = outcome
    row.answer = answer
    row.decided_by_id = by.id
    row.decided_at = utcnow()
    db.session.flush()
    events.record(
        "appeal.decided", subject=row, actor=by, post_id=row.post_id, outcome=outcome, answer=answer
    )
