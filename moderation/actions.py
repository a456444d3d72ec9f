"""Writes of moderation: flag, claim, decide, suspend. Nothing here commits."""

from collections.abc import Iterator
from datetime import timedelta

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, or_, select, update

from auth import actions as auth
from auth import reputation
from auth.conflicts import check_not_done, name_of
from auth.models import User
from auth.reputation import POINTS, Entitlement
from core.database.db import changed_rows, db, lock_rows, utcnow
from core.jobs import events
from core.limits.rate_limits import limit
from core.web.conflicts import AlreadyDone
from core.web.site import path_to
from moderation import policy, queries
from moderation.models import DECLINED, HELPFUL, Claim, Decision, Flag
from posts import actions as posts
from posts import locks
from posts.models import PENDING, Post

CLAIM_DURATION = timedelta(minutes=15)
DISMISSAL_PROTECTION = timedelta(minutes=2)  # from being overruled by a page that shows no newer decision
FLAGS_PER_HOUR = (20, 3600)  # flags of one member, seconds


def flag(post: Post, reason: str, *, by: User, note: str = "") -> Flag:
    """Report a post to the moderators, or change the open flag of the same member.

    Flags of enough weight hide the post until a moderator has decided (policy.can_be_hidden_by_flags).
    Raises TooMany after FLAGS_PER_HOUR.
    """
    limit("flag", by.id, *FLAGS_PER_HOUR)
    locks.lock_thread(post)
    row = db.session.scalar(
        select(Flag).where(Flag.post_id == post.id, Flag.user_id == by.id, Flag.outcome.is_(None))
    )
    if row is None:
        row = Flag(post_id=post.id, user_id=by.id)
        db.session.add(row)
    row.reason = reason
    row.note = note
    db.session.flush()
    events.record("flag.raised", subject=row, actor=by, post_id=post.id, reason=reason)
    _hide_by_flags(post)
    return row


def _hide_by_flags(post: Post) -> None:
    """Hide a post that enough members have flagged, unless a moderator dismissed flags on this text."""
    if not policy.can_be_hidden_by_flags(post):
        return
    flaggers = db.session.scalars(
        select(User)
        .join(Flag, Flag.user_id == User.id)
        .where(Flag.post_id == post.id, Flag.outcome.is_(None))
    )
    needed = current_app.config["REDOUBT_FLAG_WEIGHT"]
    if not needed or sum(map(policy.flag_weight, flaggers)) < needed:
        return
    dismissed_at = db.session.scalar(
        select(func.max(Decision.created_at)).where(
            Decision.post_id == post.id, Decision.action.in_(("keep", "restore"))
        )
    )
    if dismissed_at is not None and (post.edited_at is None or post.edited_at <= dismissed_at):
        return
    if event := posts.hide(post):
        db.session.add(Decision(action="hold", post_id=post.id, event_id=event.id))
        db.session.flush()


def claim(post: Post, *, by: User) -> bool:
    """Claim a post of the queue for CLAIM_DURATION; return False when another moderator has claimed it."""
    now = utcnow()
    updated = changed_rows(
        update(Claim)
        .where(Claim.post_id == post.id, or_(Claim.claimed_by_id == by.id, Claim.claimed_until < now))
        .values(claimed_by_id=by.id, claimed_until=now + CLAIM_DURATION)
        .execution_options(synchronize_session=False)
    )
    if updated:
        return True
    db.session.execute(select(Post.id).where(Post.id == post.id).with_for_update())
    if db.session.scalar(select(Claim.post_id).where(Claim.post_id == post.id)) is not None:
        return False
    db.session.add(Claim(post_id=post.id, claimed_by_id=by.id, claimed_until=now + CLAIM_DURATION))
    db.session.flush()
    return True


def release(post_id: int) -> None:
    """Delete the claim of a post."""
    db.session.execute(db.delete(Claim).where(Claim.post_id == post_id))


def decide(
    action: str,
    *,
    by: User,
    post: Post | None = None,
    user: User | None = None,
    reason: str = "",
    note: str = "",
    event: events.Event | None = None,
) -> Decision:
    """Write a line of the public log.

    `event` is the event that the act itself recorded; moderation's own handler skips it by its id.
    """
    db.session.flush()
    row = Decision(
        action=action,
        actor_id=by.id,
        post_id=post.id if post else None,
        user_id=user.id if user else None,
        reason=reason,
        note=note,
        event_id=event.id if event else None,
    )
    db.session.add(row)
    events.record(f"decision.{action}", subject=row, actor=by, post_id=row.post_id)
    if post is not None:
        release(post.id)
    return row


def resolve(post: Post, outcome: str, *, by: User, answer: str = "") -> None:
    """Resolve the open flags of a post; `answer` goes to the members who flagged it."""
    for row in queries.open_flags(post.id):
        row.outcome = outcome
        row.answer = answer
        row.resolved_by_id = by.id
        row.resolved_at = utcnow()
        events.record(
            "flag.resolved",
            subject=row,
            actor=by,
            flagger=row.user_id,
            outcome=outcome,
            answer=answer,
            post_id=post.id,
        )
    db.session.flush()


def hide(post: Post, *, by: User, reason: str = "", note: str = "", seen: int | None = None) -> None:
    """Hide a post and resolve its flags as helpful; for spam by a moderator its author loses points.

    `seen` is the id of the newest decision on the post that `by` was shown, None when unknown. Raises
    AlreadyDone when another moderator has decided since.
    """
    _lock_for_decision(post, by, seen)
    _refuse_after_dismissal(post, by, seen)
    event = posts.delete(post, by=by, reason=reason, note=note)
    if event is None:
        check_not_done(post, [f"{post.kind}.deleted"], _("this post is hidden."), by=by, url=post.url)
        return
    row = decide("hide", by=by, post=post, reason=reason, note=note, event=event)
    if reason == "spam" and by.is_moderator and post.author_id is not None:
        row.penalised_id = post.author_id
        row.day = utcnow().date()
        db.session.flush()
        _apply_penalty(row, by)
    resolve(post, HELPFUL, by=by, answer=note)


def restore(post: Post, *, by: User, note: str = "", seen: int | None = None) -> None:
    """Restore a hidden post, and the points its removal as spam took. Raises AlreadyDone like hide()."""
    _lock_for_decision(post, by, seen)
    event = posts.undelete(post, by=by)
    if event is None:
        check_not_done(
            post, [f"{post.kind}.undeleted"], _("this post is visible again."), by=by, url=post.url
        )
        return
    decide("restore", by=by, post=post, note=note, event=event)
    undo_penalties(post, by=by, before=event)


def _lock_for_decision(post: Post, by: User, seen: int | None) -> None:
    """Lock a post for a decision; raises AlreadyDone when somebody else has decided since `seen`."""
    locks.lock_thread(post)
    newest = queries.last_decision(post)
    if seen is not None and newest is not None and newest.id > seen and newest.actor_id != by.id:
        raise _already_done(newest)


def _refuse_after_dismissal(post: Post, by: User, seen: int | None) -> None:
    """Raise AlreadyDone without `seen` when another moderator has just dismissed the flags."""
    newest = queries.last_decision(post)
    if (
        seen is None
        and newest is not None
        and newest.action == "keep"
        and newest.actor_id != by.id
        and newest.created_at > utcnow() - DISMISSAL_PROTECTION
        and not queries.open_flags(post.id)
    ):
        raise _already_done(newest)


def _already_done(decision: Decision) -> AlreadyDone:
    what = {
        "keep": _("the flags are dismissed."),
        "hide": _("this post is hidden."),
        "hold": _("this post is hidden until a moderator has decided."),
        "restore": _("this post is visible again."),
        "approve": _("this post is approved."),
        "reject": _("this post is rejected."),
        "lock": _("this post is locked."),
        "unlock": _("this post is unlocked."),
        "suspend": _("this member is suspended."),
        "lift": _("the suspension is lifted."),
    }.get(decision.action, _("this is already resolved."))
    url = path_to("moderation.queue")
    if decision.post is not None:
        url = decision.post.url
    elif decision.user is not None:
        url = decision.user.profile_url
    return AlreadyDone(what, who=name_of(decision.actor_id), at=decision.created_at, url=url)


def undo_penalties(post: Post, *, by: User, before: events.Event) -> None:
    """Give back the points that removals of a post as spam took before an event."""
    for row in db.session.scalars(
        select(Decision).where(
            Decision.post_id == post.id,
            Decision.event_id < before.id,
            Decision.penalised_id.is_not(None),
            Decision.undone_at.is_(None),
        )
    ):
        row.undone_at = utcnow()
        _apply_penalty(row, by)


def dismiss_flags(post: Post, *, by: User, note: str = "", seen: int | None = None) -> None:
    """Decline the flags on a post, and show it again if they had hidden it.

    Does nothing when no flag is open and `by` decided last; raises AlreadyDone when it was somebody else.
    """
    _lock_for_decision(post, by, seen)
    released = posts.unhide(post, by=by)
    if released is None and not queries.open_flags(post.id):
        newest = queries.last_decision(post)
        if newest is not None and newest.actor_id != by.id:
            raise _already_done(newest)
        release(post.id)
        return
    decide("keep", by=by, post=post, note=note, event=released)
    resolve(post, DECLINED, by=by, answer=note)


def approve(post: Post, *, by: User, seen: int | None = None) -> None:
    """Publish a first post. Raises AlreadyDone when somebody else has decided."""
    _lock_for_decision(post, by, seen)
    event = posts.publish(post, by=by) if post.status == PENDING else None
    if event is None:
        _check_first_post(post, by, "approve")
        return
    decide("approve", by=by, post=post, event=event)


def reject(post: Post, *, by: User, reason: str = "", note: str = "", seen: int | None = None) -> None:
    """Refuse a first post: it is deleted but its author still sees it. Raises AlreadyDone like approve()."""
    _lock_for_decision(post, by, seen)
    event = posts.delete(post, by=by, reason=reason, note=note) if post.status == PENDING else None
    if event is None:
        _check_first_post(post, by, "reject")
        return
    decide("reject", by=by, post=post, reason=reason, note=note, event=event)
    resolve(post, HELPFUL, by=by, answer=note)


def _check_first_post(post: Post, by: User, action: str) -> None:
    """Raise AlreadyDone when somebody else, or another action, has decided a first post."""
    newest = queries.last_decision(post, "approve", "reject", "hide")
    if newest is not None and (newest.actor_id != by.id or newest.action != action):
        raise _already_done(newest)


def lock(post: Post, *, by: User, note: str = "") -> None:
    """Let only moderators change, answer and vote on a post. Raises AlreadyDone."""
    locks.lock(post)
    if post.is_locked:
        _check_decision(queries.last_decision(post, "lock"), by)
        return
    post.locked_at = utcnow()
    decide("lock", by=by, post=post, note=note)


def unlock(post: Post, *, by: User) -> None:
    """Unlock a post. Raises AlreadyDone when somebody else has."""
    locks.lock(post)
    if not post.is_locked:
        _check_decision(queries.last_decision(post, "unlock"), by)
        return
    post.locked_at = None
    decide("unlock", by=by, post=post)


def _check_decision(decision: Decision | None, by: User) -> None:
    if decision is not None and decision.actor_id != by.id:
        raise _already_done(decision)


def suspend(user: User, days: int, message: str, *, by: User, seen: str | None = None) -> None:
    """Suspend a member for some days; `message` tells them why.

    `seen` is the end of the suspension (ISO 8601) that `by` was shown, empty for none. Raises AlreadyDone
    when somebody else has suspended the member since; sending the same twice suspends once.
    """
    _lock_user(user)
    last = queries.last_decision_on(user)
    if user.is_suspended and last is not None and last.action == "suspend":
        if last.actor_id != by.id and seen != suspension_end(user):
            raise _already_done(last)
        if last.actor_id == by.id and (last.note, user.suspension_reason) == (f"{days} d", message):
            return
    auth.suspend(user, utcnow() + timedelta(days=days), message, by=by)
    decide("suspend", by=by, user=user, note=f"{days} d")
    events.record("user.suspended", subject=user, actor=by, days=days)


def suspension_end(user: User) -> str:
    """The end of a member's current suspension (ISO 8601), empty for none."""
    return user.suspended_until.isoformat() if user.suspended_until and user.is_suspended else ""


def unsuspend(user: User, *, by: User, seen: str | None = None) -> None:
    """End a suspension; `seen` is as in suspend(), None ends any.

    Raises AlreadyDone when somebody else has ended or changed the suspension.
    """
    _lock_user(user)
    if user.is_suspended and seen is not None and seen != suspension_end(user):
        last = queries.last_decision_on(user)
        if last is not None and last.action == "suspend":
            _check_decision(last, by)
    if user.suspended_until is None:
        last = queries.last_decision_on(user)
        if last is not None and last.action == "lift":
            _check_decision(last, by)
        return
    auth.unsuspend(user, by=by)
    decide("lift", by=by, user=user)
    events.record("user.unsuspended", subject=user, actor=by)


def _lock_user(user: User) -> None:
    lock_rows(User, [user.id])
    db.session.refresh(user, ["suspended_until", "suspension_reason"])


def _apply_penalty(row: Decision, by: User) -> None:
    """Take the points of a removal as spam, or give them back when it was undone."""
    if row.penalised_id is None:
        return
    reputation.lock([row.penalised_id])
    for item in _entitlements(row):
        if item.reverses is not None:
            reputation.reverse(item.reverses, by_cause=item.cause, actor_id=by.id)
        elif row.undone_at is None:
            reputation.award(
                item.user_id, item.kind, cause=item.cause, source=row.post_id, actor_id=by.id, day=item.day
            )


def _entitlements(row: Decision) -> Iterator[Entitlement]:
    if row.penalised_id is None or row.day is None:
        return
    cause = f"spam:{row.post_id}:{row.id}"
    yield Entitlement(cause, row.penalised_id, "spam_removed", POINTS["spam_removed"], row.day)
    if row.undone_at is not None:
        yield Entitlement(f"un{cause}", row.penalised_id, "spam_removed", 0, row.day, reverses=cause)


@reputation.register_source
def _replay(first: int, last: int) -> Iterator[Entitlement]:
    for row in db.session.scalars(
        select(Decision)
        .where(Decision.penalised_id.between(first, last))
        .order_by(Decision.id)
        .execution_options(**reputation.STREAM_OPTIONS)
    ):
        yield from _entitlements(row)
