"""Judging: flag, hide, keep, approve, lock, suspend. Every decision becomes a line of the log."""

from datetime import timedelta

from sqlalchemy import delete, select, update

from auth import actions as auth_actions
from auth.models import User
from core import events
from core.db import db, utcnow
from moderation.models import DECLINED, HELPFUL, Claim, Decision, Flag
from posts import actions as posts
from posts.models import Post

CLAIMED_FOR = timedelta(minutes=10)


def flag(post: Post, reason: str, note: str, *, by) -> Flag:
    """Ask moderators to look; a member's new flag on the same post replaces the old one."""
    row = db.session.scalar(select(Flag).where(Flag.post_id == post.id, Flag.user_id == by.id))
    if row is None:
        row = Flag(post_id=post.id, user_id=by.id)
        db.session.add(row)
    row.reason, row.note, row.outcome, row.answer, row.created_at = reason, note, None, "", utcnow()
    db.session.flush()
    events.record("post.flagged", subject=post, actor=by, reason=reason)
    return row


def claim(post: Post, *, by) -> bool:
    """Take a post of the queue for ten minutes; False when another moderator has it."""
    now = utcnow()
    db.session.execute(delete(Claim).where(Claim.post_id == post.id, Claim.until < now))
    held = db.session.get(Claim, post.id, populate_existing=True)
    if held is not None and held.user_id != by.id:
        return False
    db.session.merge(Claim(post_id=post.id, user_id=by.id, until=now + CLAIMED_FOR))
    return True


def hide(post: Post, *, by, reason: str, note: str = "") -> None:
    """Hide a post everywhere; open flags on it were helpful."""
    posts.delete(post, by=by, reason=reason)
    _resolve(post, HELPFUL, note, by=by)
    _log("hide", by=by, post=post, reason=reason, note=note)


def restore(post: Post, *, by, note: str = "") -> None:
    """Bring a hidden post back."""
    posts.undelete(post, by=by)
    _log("restore", by=by, post=post, note=note)


def keep(post: Post, *, by, note: str = "") -> None:
    """Nothing is wrong with it: the flags are declined."""
    _resolve(post, DECLINED, note, by=by)
    _log("keep", by=by, post=post, note=note)


def approve(post: Post, *, by) -> None:
    """Let a newcomer's first post appear."""
    posts.publish(post, by=by)
    _log("approve", by=by, post=post)


def set_lock(post: Post, locked: bool, *, by, note: str = "") -> None:
    """Freeze a post, or let it move again."""
    post.locked_at = utcnow() if locked else None
    _log("lock" if locked else "unlock", by=by, post=post, note=note)


def suspend(user: User, days: int, reason: str, *, by) -> None:
    """Let a member only read for some days."""
    auth_actions.suspend(user, utcnow() + timedelta(days=days), reason)
    _log("suspend", by=by, user=user, reason=f"{days} days", note=reason)
    events.record("user.suspended", subject=user, actor=by, days=days)


def lift(user: User, *, by) -> None:
    """End a suspension early."""
    auth_actions.lift_suspension(user)
    _log("lift", by=by, user=user)


def _resolve(post: Post, outcome: str, answer: str, *, by) -> None:
    for row in list(db.session.scalars(select(Flag).where(Flag.post_id == post.id,
                                                          Flag.outcome.is_(None)))):
        events.record("flag.resolved", subject=row, actor=by, outcome=outcome)
    db.session.execute(update(Flag).where(Flag.post_id == post.id, Flag.outcome.is_(None)).values(
        outcome=outcome, answer=answer, resolved_at=utcnow(), resolved_by_id=by.id))
    db.session.execute(delete(Claim).where(Claim.post_id == post.id))


def _log(action: str, *, by, post: Post | None = None, user: User | None = None, reason: str = "",
         note: str = "", event_id: int | None = None) -> None:
    db.session.add(Decision(action=action, actor_id=by.id, post_id=post.id if post else None,
                            user_id=user.id if user else None, reason=reason, note=note,
                            event_id=event_id))
    db.session.flush()
