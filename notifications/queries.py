"""Reads of inboxes, watches and preferences. Hidden posts and removed products are left out."""

from collections.abc import Iterable

from flask import g
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import (
    InstrumentedAttribute,
    aliased,
    contains_eager,
    joinedload,
    lazyload,
    selectin_polymorphic,
)

from auth.models import User, Visitor
from auth.queries import is_active
from bulletins.models import Bulletin
from core.database import paging
from core.database.db import db
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
    return _with_subjects(select(Notification).where(Notification.user_id == user.id), user).options(
        contains_eager(Notification.actor.of_type(_Actor)),
        contains_eager(Notification.product),
        contains_eager(Notification.post).options(
            *TITLE_AND_URL,
            joinedload(Post.parent).options(*TITLE_AND_URL, joinedload(Post.parent).options(*TITLE_AND_URL)),
        ),
    )


def _with_subjects(statement: Select, user: User | Visitor) -> Select:
    """Join the subjects of lines and filter by what `user` may see.

    Authors see lines about their own removed posts, moderators those that ask for a decision.
    """
    shown = or_(
        Notification.post_id.is_(None),
        Post.is_public,
        and_(Post.author_id == user.id, Notification.kind == "moderated"),
    )
    if user.is_moderator and not user.is_suspended:
        shown = or_(shown, Notification.kind.in_(FOR_MODERATORS))
    else:
        shown = and_(shown, Notification.kind.not_in(FOR_MODERATORS))
    return (
        statement.outerjoin(Notification.post)
        .outerjoin(Notification.product)
        .outerjoin(Notification.actor.of_type(_Actor))
        .where(
            shown,
            or_(Notification.product_id.is_(None), Product.removed_at.is_(None)),
            or_(Notification.actor_id.is_(None), is_active(_Actor)),
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


def _unread(user: User | Visitor) -> Select:
    """SELECT of the number of unread lines, at most MAX_COUNTED + 1."""
    lines = _with_subjects(
        select(Notification.id).where(Notification.user_id == user.id, Notification.read_at.is_(None)), user
    ).limit(MAX_COUNTED + 1)
    return select(func.count()).select_from(lines.subquery())


def unread(user: User | Visitor) -> int:
    """The number of unread lines, for the header of every page; one query per request."""
    if "unread" not in g:
        g.unread = db.session.scalar(_unread(user)) if user.id is not None else 0
    return g.unread


def is_watching(user: User | Visitor, subject: Post | Tag | Product) -> bool | None:
    """Whether `user` follows a post, tag or product; None for visitors.

    The same query reads the count for unread(), because pages have a fixed number of queries.
    """
    if user.id is None:
        return None
    mine = select(Watch.is_on).where(Watch.user_id == user.id, column_of(subject) == subject.id)
    is_on, g.unread = db.session.execute(
        select(mine.scalar_subquery(), _unread(user).scalar_subquery())
    ).one()
    return bool(is_on)


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
