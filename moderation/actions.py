"""Writes of moderation: flag, claim, decide, suspend. Nothing here commits."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import or_, select, update

from auth import actions as auth
from auth import reputation
from auth.models import User
from auth.reputation import POINTS, Entitlement
from core import events
from core.db import db, utcnow
from moderation.models import DECLINED, HELPFUL, Claim, Decision, Flag
from moderation.queries import open_flags
from posts import actions as posts
from posts.models import PENDING, Post

HOLD = timedelta(minutes=15)


def flag(post: Post, reason: str, *, by, note: str = "") -> Flag:
    """Ask for a moderator; a second flag while one is open changes that one."""
    row = db.session.scalar(select(Flag).where(Flag.post_id == post.id, Flag.user_id == by.id,
                                               Flag.outcome.is_(None)))
    if row is None:
        row = Flag(post_id=post.id, user_id=by.id)
        db.session.add(row)
    row.reason, row.note = reason, note
    db.session.flush()
    events.record("flag.raised", subject=row, actor=by, post_id=post.id)
    return row


def claim(post: Post, *, by) -> bool:
    """Take a post of the queue for a quarter of an hour; False when somebody else holds it."""
    now = utcnow()
    taken = db.session.execute(
        update(Claim).where(Claim.post_id == post.id, or_(Claim.claimed_by_id == by.id,
                                                          Claim.claimed_until < now))
        .values(claimed_by_id=by.id, claimed_until=now + HOLD)
        .execution_options(synchronize_session=False)).rowcount
    if taken:
        return True
    db.session.execute(select(Post.id).where(Post.id == post.id).with_for_update())
    if db.session.scalar(select(Claim.post_id).where(Claim.post_id == post.id)) is not None:
        return False
    db.session.add(Claim(post_id=post.id, claimed_by_id=by.id, claimed_until=now + HOLD))
    db.session.flush()
    return True


def release(post_id: int) -> None:
    """Nobody holds this post any more."""
    db.session.execute(db.delete(Claim).where(Claim.post_id == post_id))


def decide(action: str, *, by, post: Post | None = None, user: User | None = None, reason: str = "",
           note: str = "", event: events.Event | None = None) -> Decision:
    """Write a line of the public log; `event` is the one this decision recorded, heard here later."""
    db.session.flush()
    row = Decision(action=action, actor_id=by.id, post_id=post.id if post else None,
                   user_id=user.id if user else None, reason=reason, note=note,
                   event_id=event.id if event else None)
    db.session.add(row)
    events.record(f"decision.{action}", subject=row, actor=by)
    if post is not None:
        release(post.id)
    return row


def resolve(post: Post, outcome: str, *, by, answer: str = "") -> None:
    """Close the open flags of a post; those who raised them are told."""
    for row in open_flags(post.id):
        row.outcome, row.answer = outcome, answer
        row.resolved_by_id, row.resolved_at = by.id, utcnow()
        events.record("flag.resolved", subject=row, actor=by, flagger=row.user_id, outcome=outcome,
                      answer=answer)
    db.session.flush()


def hide(post: Post, *, by, reason: str = "", note: str = "") -> None:
    """Hide a post; for spam a moderator takes points of its author. The flags on it were helpful."""
    if event := posts.delete(post, by=by, reason=reason):
        row = decide("hide", by=by, post=post, reason=reason, note=note, event=event)
        if reason == "spam" and by.is_moderator and post.author_id is not None:
            row.penalised_id, row.day = post.author_id, utcnow().date()
            db.session.flush()
            _settle(row, by)
    resolve(post, HELPFUL, by=by, answer=note)


def restore(post: Post, *, by, note: str = "") -> None:
    """Bring a hidden post back, and what its removal as spam took."""
    if event := posts.undelete(post, by=by):
        decide("restore", by=by, post=post, note=note, event=event)
        undo_penalties(post, by=by, before=event)


def undo_penalties(post: Post, *, by, before: events.Event) -> None:
    """Give back what removals of a post as spam took, those that came before an event."""
    for row in db.session.scalars(select(Decision).where(
            Decision.post_id == post.id, Decision.event_id < before.id,
            Decision.penalised_id.is_not(None), Decision.undone_at.is_(None))):
        row.undone_at = utcnow()
        _settle(row, by)


def keep(post: Post, *, by, note: str = "") -> None:
    """The post stays: the flags on it are declined."""
    decide("keep", by=by, post=post, note=note)
    resolve(post, DECLINED, by=by, answer=note)


def approve(post: Post, *, by) -> None:
    """Publish a first post that waited."""
    if post.status == PENDING and (event := posts.publish(post, by=by)):
        decide("approve", by=by, post=post, event=event)


def reject(post: Post, *, by, reason: str = "", note: str = "") -> None:
    """Refuse a first post: it is hidden, its author keeps the text."""
    if post.status == PENDING and (event := posts.delete(post, by=by, reason=reason)):
        decide("reject", by=by, post=post, reason=reason, note=note, event=event)
        resolve(post, HELPFUL, by=by, answer=note)


def lock(post: Post, *, by, note: str = "") -> None:
    """Nobody but moderators changes, answers or votes on a locked post."""
    if not post.is_locked:
        post.locked_at = utcnow()
        decide("lock", by=by, post=post, note=note)


def unlock(post: Post, *, by) -> None:
    """Open a locked post."""
    if post.is_locked:
        post.locked_at = None
        decide("unlock", by=by, post=post)


def suspend(user: User, days: int, message: str, *, by) -> None:
    """Let a member only read for some days, and say why."""
    auth.suspend(user, utcnow() + timedelta(days=days), message, by=by)
    decide("suspend", by=by, user=user, note=f"{days} d")
    events.record("user.suspended", subject=user, actor=by, days=days)


def lift(user: User, *, by) -> None:
    """End a suspension."""
    if user.suspended_until is not None:
        auth.lift_suspension(user, by=by)
        decide("lift", by=by, user=user)
        events.record("user.unsuspended", subject=user, actor=by)


def _settle(row: Decision, by) -> None:
    reputation.lock([row.penalised_id])
    for item in _entitlements(row):
        if item.reverses is not None:
            reputation.reverse(item.reverses, by_cause=item.cause, actor_id=by.id)
        elif row.undone_at is None:
            reputation.award(item.user_id, item.kind, cause=item.cause, source=row.post_id,
                             actor_id=by.id, day=item.day)


def _entitlements(row: Decision) -> Iterator[Entitlement]:
    cause = f"spam:{row.post_id}:{row.id}"
    yield Entitlement(cause, row.penalised_id, "spam_removed", POINTS["spam_removed"], row.day)
    if row.undone_at is not None:
        yield Entitlement(f"un{cause}", row.penalised_id, "spam_removed", 0, row.day, reverses=cause)


@reputation.register_source
def _replay(first: int, last: int) -> Iterator[Entitlement]:
    for row in db.session.scalars(select(Decision).where(Decision.penalised_id.between(first, last))
                                  .order_by(Decision.id).execution_options(**reputation.STREAM)):
        yield from _entitlements(row)
