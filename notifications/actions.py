"""Writes of inboxes, watches and preferences. Nothing here commits."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from auth.models import User, Visitor
from auth.queries import reachable_members
from core.database.db import db, utcnow
from core.jobs import events
from core.mail import stopped_addresses
from core.mail.digest_times import next_digest
from notifications import queries
from notifications.kinds import DEFAULTS, DIGEST, FOR_MODERATORS, MAIL, NONE, SITE
from notifications.models import Choice, Notification, Watch
from posts.models import Post, Tag
from posts.policy import require_can_write
from products.models import Product

THREAD_MAIL_INTERVAL = timedelta(hours=1)  # between two mails of one kind about one thread

MAX_UNREAD_AGE = timedelta(days=7)  # lines of older events (a demo community's past) are added as read


def notify(
    recipients: dict[int, str],
    *,
    cause: str,
    event: events.Event,
    thread_id: int | None = None,
    **subject: object,
) -> None:
    """Add a line to the inbox of each recipient ({user id: kind}), once per `cause`.

    Skipped are the actor, unreachable members, and members who turned this kind off. `subject` holds the
    other columns of the line: post_id, product_id, actor_id, data.
    """
    known = set(
        db.session.scalars(
            select(Notification.user_id).where(
                Notification.cause == cause, Notification.user_id.in_(list(recipients))
            )
        )
    )
    user_ids = recipients.keys() - known - {subject.get("actor_id")}
    users = reachable_members(user_ids)
    chosen = queries.choices(user_ids)
    unreachable = queries.unreachable(users)
    for user in users:
        kind = recipients[user.id]
        delivery = chosen.get((user.id, kind), DEFAULTS[kind])
        if delivery == NONE:
            continue
        line = Notification(
            user_id=user.id,
            cause=cause,
            kind=kind,
            event=event.name,
            created_at=event.created_at,
            thread_id=thread_id,
            **subject,
        )
        if event.created_at < utcnow() - MAX_UNREAD_AGE:
            line.read_at = event.created_at
        elif user.id not in unreachable:
            line.in_digest = delivery == DIGEST
            line.due_at = _due_at(line, delivery)
        db.session.add(line)
    db.session.flush()


def notify_once_unread(
    recipients: dict[int, str], *, cause: str, event: events.Event, post_id: int, **subject: Any
) -> None:
    """Like notify(), but skip members who have an unread line of the same kind about the same post."""
    unread = set(
        db.session.execute(
            select(Notification.user_id, Notification.kind).where(
                Notification.post_id == post_id,
                Notification.user_id.in_(list(recipients)),
                Notification.read_at.is_(None),
            )
        ).tuples()
    )
    recipients = {user_id: kind for user_id, kind in recipients.items() if (user_id, kind) not in unread}
    notify(recipients, cause=cause, event=event, post_id=post_id, **subject)


def _due_at(line: Notification, delivery: str) -> datetime | None:
    """When a line is mailed: now, an hour after the last mail of its thread, or in the next digest."""
    now = utcnow()
    if delivery == SITE:
        return None
    if delivery == DIGEST:
        return next_digest(now)
    last = db.session.scalar(
        select(db.func.max(Notification.mailed_at)).where(
            Notification.user_id == line.user_id,
            Notification.thread_id == line.thread_id,
            Notification.kind == line.kind,
        )
    )
    return max(now, last + THREAD_MAIL_INTERVAL) if last else now


def mark_read(user: User | Visitor, notification_id: int | None = None) -> None:
    """Mark one line of a member's inbox read, or all."""
    statement = update(Notification).where(Notification.user_id == user.id, Notification.read_at.is_(None))
    if notification_id is not None:
        statement = statement.where(Notification.id == notification_id)
    db.session.execute(statement.values(read_at=utcnow()).execution_options(synchronize_session=False))


def mark_decided(post_id: int, event: str) -> None:
    """Mark all moderators' lines about an `event` of a post read, because the post was decided."""
    db.session.execute(
        update(Notification)
        .where(
            Notification.post_id == post_id,
            Notification.event == event,
            Notification.read_at.is_(None),
            Notification.kind.in_(FOR_MODERATORS),
        )
        .values(read_at=utcnow())
        .execution_options(synchronize_session=False)
    )


def watch(user: User | Visitor, subject: Post | Tag | Product, is_on: bool) -> None:
    """Follow a post, a tag or a product, or stop. Raises Forbidden when `user` may only read."""
    require_can_write(user)
    row = queries.watch_of(user, subject)
    if row is None:
        row = Watch(user_id=user.id)
        setattr(row, queries.column_of(subject).key, subject.id)
        db.session.add(row)
    row.is_on = is_on
    row.created_at = utcnow()
    db.session.flush()


def watch_by_taking_part(user_id: int, post_id: int, created_at: datetime) -> None:
    """Follow a thread as the author of a post in it, unless the member stopped following it before."""
    known = db.session.scalar(select(Watch.id).where(Watch.user_id == user_id, Watch.post_id == post_id))
    if known is None:
        db.session.add(Watch(user_id=user_id, post_id=post_id, created_at=created_at))
        db.session.flush()


def choose(user: User | Visitor, deliveries: dict[str, str]) -> None:
    """Set preferences ({kind: delivery}); unsent mail of kinds that are no longer mailed is dropped."""
    before = queries.deliveries(user)
    for kind, delivery in deliveries.items():
        if delivery == before[kind]:
            continue
        row = db.session.get(Choice, (user.id, kind)) or Choice(user_id=user.id, kind=kind)
        row.delivery = delivery
        db.session.add(row)
        if delivery in (SITE, NONE):
            _unqueue(Notification.user_id == user.id, Notification.kind == kind)
    db.session.flush()


def mute(user: User, kind: str) -> None:
    """Stop mail of one kind, or the digest; the lines still appear in the inbox."""
    if kind == DIGEST:
        digest = [name for name, delivery in queries.deliveries(user).items() if delivery == DIGEST]
        choose(user, dict.fromkeys(digest, SITE))
    elif queries.deliveries(user)[kind] == MAIL:
        choose(user, {kind: SITE})


def _unqueue(*conditions: ColumnElement[bool]) -> None:
    db.session.execute(
        update(Notification)
        .where(Notification.mailed_at.is_(None), *conditions)
        .values(due_at=None)
        .execution_options(synchronize_session=False)
    )


def stop_address(address: str) -> None:
    """Send no more mail to an address that a mail server refused, not even what is due."""
    stopped_addresses.stop_address(address)
    _unqueue(Notification.user_id.in_(select(User.id).where(User.email == address)))


def forget(user_ids: Iterable[int]) -> None:
    """Delete the inboxes, watches and preferences of erased accounts."""
    ids = list(user_ids)
    for model in (Notification, Watch, Choice):
        db.session.execute(delete(model).where(model.user_id.in_(ids)))
