"""Reads of inboxes, watches and preferences. Hidden posts and removed products are left out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import (
    InstrumentedAttribute,
    aliased,
    contains_eager,
    joinedload,
    lazyload,
    selectin_polymorphic,
)

from auth.models import STAFF_ROLES, Session, User, Visitor
from auth.queries import in_good_standing, is_active
from auth.sessions import register_with_session
from bulletins.models import Bulletin
from core.database import paging
from core.database.db import db, utcnow
from core.mail.mail import can_receive
from core.mail.stopped_addresses import stopped_addresses
from notifications.kinds import DEFAULTS, FOR_MODERATORS
from notifications.models import Choice, Notification, Watch
from posts.models import Post, Tag
from posts.queries import get as get_post
from products.models import Product

MAX_COUNTED = 99  # unread lines; pages show 99+ beyond it
TITLE_AND_URL = (lazyload(Post.tags), selectin_polymorphic(Post, [Bulletin]))  # loads nothing else
_Actor = aliased(User)


def visible_lines(user: User | Visitor) -> Select:
    """SELECT of a member's lines with their subjects, without what `user` may not see.

    Lines about acts of suspended and erased members are left out too.
    """
    mine = select(Notification).where(Notification.user_id == user.id)
    return _with_subjects(mine, user.id, true() if user.is_moderator else false(), utcnow()).options(
        contains_eager(Notification.actor.of_type(_Actor)),
        contains_eager(Notification.product),
        contains_eager(Notification.post).options(
            *TITLE_AND_URL,
            joinedload(Post.parent).options(*TITLE_AND_URL, joinedload(Post.parent).options(*TITLE_AND_URL)),
        ),
    )


def _with_subjects(
    statement: Select, user_id: Any, is_moderator: ColumnElement[bool], now: datetime | BindParameter
) -> Select:
    """Join the subjects of lines and filter by what their member may see; the arguments may be SQL.

    Authors see lines about their own removed posts, moderators those that ask for a decision.
    """
    shown = or_(
        Notification.post_id.is_(None),
        Post.is_public,
        and_(Post.author_id == user_id, Notification.kind == "moderated"),
    )
    shown = or_(
        and_(Notification.kind.not_in(FOR_MODERATORS), shown),
        and_(Notification.kind.in_(FOR_MODERATORS), is_moderator),
    )
    return (
        statement.outerjoin(Notification.post)
        .outerjoin(Notification.product)
        .outerjoin(Notification.actor.of_type(_Actor))
        .where(
            shown,
            or_(Notification.product_id.is_(None), Product.removed_at.is_(None)),
            or_(Notification.actor_id.is_(None), is_active(_Actor, now)),
        )
    )


def inbox(user: User | Visitor, after: paging.PageStart = None, *, unread_only: bool = False) -> paging.Page:
    """A page of a member's lines, newest first."""
    statement = visible_lines(user)
    if unread_only:
        statement = statement.where(Notification.read_at.is_(None))
    return paging.keyset(
        statement,
        [Notification.created_at, Notification.id],
        after=after,
        changed=paging.changed_at_any(Notification.created_at, Notification.read_at),
    )


def line(user: User | Visitor, notification_id: int) -> Notification | None:
    """A line of a member's inbox."""
    return db.session.scalar(visible_lines(user).where(Notification.id == notification_id))


def _unread(user_id: Any, is_moderator: ColumnElement[bool], now: datetime | BindParameter) -> Select:
    """SELECT of the number of unread lines of a member, at most MAX_COUNTED + 1; the arguments may be SQL."""
    mine = select(Notification.id).where(Notification.user_id == user_id, Notification.read_at.is_(None))
    lines = _with_subjects(mine, user_id, is_moderator, now).limit(MAX_COUNTED + 1)
    return select(func.count()).select_from(lines.subquery())


@register_with_session("unread")
def _unread_of_session(token_hash: BindParameter[str], now: BindParameter[datetime]) -> Select:
    """SELECT of the number of unread lines of the member with a session, read together with it."""
    user_id = select(Session.user_id).where(Session.token_hash == token_hash).scalar_subquery()
    is_moderator = (
        select(User.id)
        .join(Session, Session.user_id == User.id)
        .where(Session.token_hash == token_hash, User.role.in_(STAFF_ROLES), in_good_standing(now))
        .exists()
    )
    return _unread(user_id, is_moderator, now)


def unread(user: User | Visitor) -> int:
    """The number of unread lines, at most MAX_COUNTED + 1; the session of a request brings it."""
    if user.id is None:
        return 0
    if "unread" in user.read_with_session:
        return user.read_with_session["unread"]
    return db.session.scalar(_unread(user.id, true() if user.is_moderator else false(), utcnow())) or 0


def is_watching(user: User | Visitor, subject: Post | Tag | Product) -> bool | None:
    """Whether `user` follows a post, tag or product; None for visitors."""
    if user.id is None:
        return None
    return bool(
        db.session.scalar(
            select(Watch.is_on).where(Watch.user_id == user.id, column_of(subject) == subject.id)
        )
    )


_WATCHES_POST = select(Watch.is_on).where(
    Watch.user_id == bindparam("user_id"), Watch.post_id == bindparam("post_id")
)


def is_watching_post(user: User, post_id: int) -> bool:
    """Whether a member follows the thread of a post."""
    return bool(db.session.scalar(_WATCHES_POST, {"user_id": user.id, "post_id": post_id}))


def column_of(subject: Post | Tag | Product) -> InstrumentedAttribute[int | None]:
    """The foreign key of Watch for a post, tag or product."""
    if isinstance(subject, Post):
        return Watch.post_id
    return Watch.tag_id if isinstance(subject, Tag) else Watch.product_id


def watch_of(user: User | Visitor, subject: Post | Tag | Product) -> Watch | None:
    """The member's watch of a post, tag or product, on or off."""
    return db.session.scalar(select(Watch).where(Watch.user_id == user.id, column_of(subject) == subject.id))


def watchable_post(post_id: int, user: User | Visitor) -> Post | None:
    """The head of a thread if `user` may see it; an answer is followed with its question."""
    post = get_post(Post, post_id, user)
    return post if post is not None and post.parent_id is None else None


def watches(user: User | Visitor, after: paging.PageStart = None) -> paging.Page:
    """A page of what `user` follows and may still see, newest first."""
    statement = (
        select(Watch)
        .where(Watch.user_id == user.id, Watch.is_on)
        .outerjoin(Watch.post)
        .outerjoin(Watch.product)
        .where(
            or_(Watch.post_id.is_(None), Post.is_public),
            or_(Watch.product_id.is_(None), Product.removed_at.is_(None)),
        )
        .options(
            contains_eager(Watch.post).options(*TITLE_AND_URL),
            contains_eager(Watch.product),
            joinedload(Watch.tag),
        )
    )
    return paging.keyset(statement, [Watch.id], after=after, changed=paging.changed_at_any(Watch.created_at))


def deliveries(user: User | Visitor) -> dict[str, str]:
    """The member's preferences, defaults included: {kind: delivery}."""
    return DEFAULTS | dict(
        db.session.execute(select(Choice.kind, Choice.delivery).where(Choice.user_id == user.id))
        .tuples()
        .all()
    )


def choices(user_ids: Iterable[int]) -> dict[tuple[int, str], str]:
    """Preferences that differ from the defaults: {(user id, kind): delivery}."""
    rows = db.session.scalars(select(Choice).where(Choice.user_id.in_(list(user_ids))))
    return {(row.user_id, row.kind): row.delivery for row in rows}


def unreachable(users: Iterable[User]) -> set[int]:
    """Ids of the members who have no address that takes mail."""
    users = list(users)
    stopped = stopped_addresses(user.email for user in users if user.email is not None)
    return {user.id for user in users if not can_receive(user.email) or user.email in stopped}
