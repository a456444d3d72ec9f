"""Writes of what members watch and are told. Nothing here commits."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from auth.models import User
from auth.queries import reachable_members
from core.database.db import db, utcnow
from core.mail import stopped_addresses
from core.mail.digest_times import next_digest
from notifications import queries
from notifications.kinds import DEFAULTS, DIGEST, FOR_MODERATORS, MAIL, NONE, SITE
from notifications.models import Choice, Notification, Watch

TOGETHER = timedelta(hours=1)  # what follows a mail about the same thread within this comes in one more

OLD = timedelta(days=7)  # what is heard of so late (a demo community's past) waits for nobody's eyes


def notify(audience: dict[int, str], *, cause: str, event, thread_id: int | None = None, **subject) -> None:
    """Put a line into the inbox of each member in `audience` ({id: kind}), once for one `cause`.

    Leaves out who did it, who cannot be told anything and who wants to know nothing of that kind.
    `subject` is what the line shows: post_id, product_id, actor_id, data.
    """
    known = set(
        db.session.scalars(
            select(Notification.user_id).where(
                Notification.cause == cause, Notification.user_id.in_(list(audience))
            )
        )
    )
    wanted = audience.keys() - known - {subject.get("actor_id")}
    users, chosen = reachable_members(wanted), queries.choices(wanted)
    unreachable = queries.unreachable(users)
    for user in users:
        kind = audience[user.id]
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
        if event.created_at < utcnow() - OLD:
            line.read_at = event.created_at
        elif user.id not in unreachable:
            line.in_digest, line.due_at = delivery == DIGEST, _due(line, delivery)
        db.session.add(line)
    db.session.flush()


def notify_once_unread(audience: dict[int, str], *, cause: str, event, post_id: int, **subject) -> None:
    """tell(), but not who has an unread line of the same kind about the same post."""
    waiting = set(
        db.session.execute(
            select(Notification.user_id, Notification.kind).where(
                Notification.post_id == post_id,
                Notification.user_id.in_(list(audience)),
                Notification.read_at.is_(None),
            )
        ).all()
    )
    audience = {user_id: kind for user_id, kind in audience.items() if (user_id, kind) not in waiting}
    notify(audience, cause=cause, event=event, post_id=post_id, **subject)


def _due(line: Notification, delivery: str) -> datetime | None:
    """When a line is mailed: at once, an hour after the last mail of its thread, or in the next digest."""
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
    return max(now, last + TOGETHER) if last else now


def mark_read(user, notification_id: int | None = None) -> None:
    """Mark one line read, or all."""
    statement = update(Notification).where(Notification.user_id == user.id, Notification.read_at.is_(None))
    if notification_id is not None:
        statement = statement.where(Notification.id == notification_id)
    db.session.execute(statement.values(read_at=utcnow()).execution_options(synchronize_session=False))


def mark_decided(post_id: int, event: str) -> None:
    """Mark read, for every moderator, the lines that asked for a decision which is made now."""
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


def watch(user, thing, is_on: bool) -> None:
    """Watch a post, a tag or a product, or stop."""
    row = queries.watch_of(user, thing)
    if row is None:
        row = Watch(user_id=user.id, **{queries.column_of(thing).key: thing.id})
        db.session.add(row)
    row.is_on, row.created_at = is_on, utcnow()
    db.session.flush()


def watch_by_taking_part(user_id: int, post_id: int, moment: datetime) -> None:
    """Who asks or answers watches the thread, unless they have turned that off."""
    known = db.session.scalar(select(Watch.id).where(Watch.user_id == user_id, Watch.post_id == post_id))
    if known is None:
        db.session.add(Watch(user_id=user_id, post_id=post_id, created_at=moment))
        db.session.flush()


def choose(user, deliveries: dict[str, str]) -> None:
    """Be told of these kinds in these ways from now on; what waits to be mailed follows."""
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
    """No mail of one kind any more, or no digest: they stay on the site."""
    if kind == DIGEST:
        digest = [name for name, delivery in queries.deliveries(user).items() if delivery == DIGEST]
        choose(user, dict.fromkeys(digest, SITE))
    elif queries.deliveries(user)[kind] == MAIL:
        choose(user, {kind: SITE})


def _unqueue(*conditions) -> None:
    db.session.execute(
        update(Notification)
        .where(Notification.mailed_at.is_(None), *conditions)
        .values(due_at=None)
        .execution_options(synchronize_session=False)
    )


def stop_address(address: str) -> None:
    """Nobody is there: nothing is mailed to this address any more, and what waits is not mailed."""
    stopped_addresses.stop_address(address)
    _unqueue(Notification.user_id.in_(select(User.id).where(User.email == address)))


def forget(user_ids: Iterable[int]) -> None:
    """Drop the inboxes, watches and choices of erased accounts."""
    ids = list(user_ids)
    for model in (Notification, Watch, Choice):
        db.session.execute(delete(model).where(model.user_id.in_(ids)))
