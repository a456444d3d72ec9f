"""Reads of inboxes, watches and choices; what is hidden by now is in none of them."""

from collections.abc import Iterable

from flask import g
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, lazyload, selectin_polymorphic

from auth.models import User
from auth.queries import is_active
from bulletins.models import Bulletin
from core.database import paging
from core.database.db import db
from core.mail.mail import can_receive
from core.mail.stopped_addresses import stopped_addresses
from notifications.kinds import DEFAULTS, FOR_MODERATORS
from notifications.models import Choice, Notification, Watch
from posts.models import Post, Tag
from products.models import Product

SHOWN = 99  # unread lines that are counted; then it says 99+
ADDRESSED = (lazyload(Post.tags), selectin_polymorphic(Post, [Bulletin]))  # title and address, no more
_Actor = aliased(User)


def told(user) -> Select:
    """What `user` is told: nothing hidden by now, no deed of somebody who is suspended or gone."""
    return _with_subjects(select(Notification).where(Notification.user_id == user.id), user).options(
        contains_eager(Notification.actor.of_type(_Actor)),
        contains_eager(Notification.product),
        contains_eager(Notification.post).options(
            *ADDRESSED,
            joinedload(Post.parent).options(*ADDRESSED, joinedload(Post.parent).options(*ADDRESSED)),
        ),
    )


def _with_subjects(statement: Select, user) -> Select:
    """With what the lines are about, as far as `user` may see it: authors see what was removed of theirs,
    moderators what waits for them.
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


def inbox(user, after: paging.PageStart = None, *, unread_only: bool = False) -> paging.Page:
    """One's lines, newest first."""
    statement = told(user)
    if unread_only:
        statement = statement.where(Notification.read_at.is_(None))
    return paging.keyset(
        statement,
        [Notification.created_at, Notification.id],
        after=after,
        changed=paging.changed_at_any(Notification.created_at, Notification.read_at),
    )


def line(user, notification_id: int) -> Notification | None:
    """One of one's own lines."""
    return db.session.scalar(told(user).where(Notification.id == notification_id))


def _unread(user) -> Select:
    """SELECT of the number of unread lines, counted no further than what is shown."""
    lines = _with_subjects(
        select(Notification.id).where(Notification.user_id == user.id, Notification.read_at.is_(None)), user
    ).limit(SHOWN + 1)
    return select(func.count()).select_from(lines.subquery())


def unread(user) -> int:
    """How many unread lines there are, for the head of every page."""
    if "unread" not in g:
        g.unread = db.session.scalar(_unread(user)) if user.id is not None else 0
    return g.unread


def is_watching(user, thing) -> bool | None:
    """Whether `user` watches a post, tag or product; None for visitors.

    Brings what unread() will ask for with the same query, for pages count theirs.
    """
    if user.id is None:
        return None
    mine = select(Watch.is_on).where(Watch.user_id == user.id, column_of(thing) == thing.id)
    is_on, g.unread = db.session.execute(
        select(mine.scalar_subquery(), _unread(user).scalar_subquery())
    ).one()
    return bool(is_on)


def column_of(thing) -> ColumnElement:
    """The column of Watch that points to such a thing."""
    kinds = {Post: Watch.post_id, Tag: Watch.tag_id, Product: Watch.product_id}
    return next(column for kind, column in kinds.items() if isinstance(thing, kind))


def watch_of(user, thing) -> Watch | None:
    """The row of `user` about a thing, on or off."""
    return db.session.scalar(select(Watch).where(Watch.user_id == user.id, column_of(thing) == thing.id))


def watches(user, after: paging.PageStart = None) -> paging.Page:
    """What `user` watches and may still see, newest first."""
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
            contains_eager(Watch.post).options(*ADDRESSED),
            contains_eager(Watch.product),
            joinedload(Watch.tag),
        )
    )
    return paging.keyset(statement, [Watch.id], after=after, changed=paging.changed_at_any(Watch.created_at))


def deliveries(user) -> dict[str, str]:
    """How `user` is told of each kind."""
    return DEFAULTS | dict(
        db.session.execute(select(Choice.kind, Choice.delivery).where(Choice.user_id == user.id)).all()
    )


def choices(user_ids: Iterable[int]) -> dict[tuple[int, str], str]:
    """(member, kind) → delivery, where it is not the default."""
    rows = db.session.scalars(select(Choice).where(Choice.user_id.in_(list(user_ids))))
    return {(row.user_id, row.kind): row.delivery for row in rows}


def unreachable(users: Iterable[User]) -> set[int]:
    """Ids of those whose address takes no mail."""
    users = list(users)
    dead = stopped_addresses(user.email for user in users)
    return {user.id for user in users if not can_receive(user.email) or user.email in dead}
