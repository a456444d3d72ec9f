"""Reads of attachments; who may see one is part of the query."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import SQLColumnExpression, func, or_, select

from auth.models import User, Visitor
from core.database.db import db
from core.markup.markup import register_picture_lookup
from posts.attachments.models import PICTURE, Attachment
from posts.models import Post
from posts.queries import visible_to


def _readable_by(user: User | Visitor) -> SQLColumnExpression[bool]:
    """SQL condition, with Post joined: attachments of visible posts, and one's own that no post has yet."""
    of_post = Attachment.post_id.is_not(None) & visible_to(user)
    if user.id is None:
        return of_post
    return or_(of_post, Attachment.post_id.is_(None) & (Attachment.author_id == user.id))


def get(key: str, user: User | Visitor) -> tuple[Attachment, bool] | None:
    """(the attachment with this key, whether everybody may see it), if `user` may see it."""
    found = db.session.execute(
        select(Attachment, func.coalesce(Post.is_public, False))
        .outerjoin(Post, Post.id == Attachment.post_id)
        .where(Attachment.key == key, _readable_by(user))
    ).first()
    return None if found is None else (found[0], found[1])


@register_picture_lookup
def sizes(keys: Iterable[str]) -> dict[str, tuple[int, int]]:
    """{key: (width, height)} of those keys that are pictures.

    Whether a reader may see one is decided when it is loaded: keys are random, so nothing is disclosed here.
    """
    rows = db.session.execute(
        select(Attachment.key, Attachment.width, Attachment.height).where(
            Attachment.key.in_(list(keys)), Attachment.kind == PICTURE
        )
    )
    return {key: (width or 0, height or 0) for key, width, height in rows}


def attached_since(user: User, since: datetime) -> tuple[int, int]:
    """(files, bytes) that a member attached since a time (UTC)."""
    count, size = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Attachment.size), 0)).where(
            Attachment.author_id == user.id, Attachment.created_at > since
        )
    ).one()
    return count, int(size)


def own_unattached(user: User, digest: str) -> Attachment | None:
    """A file of the same content that the member sent before, and that no post has yet."""
    return db.session.scalar(
        select(Attachment)
        .where(Attachment.author_id == user.id, Attachment.digest == digest, Attachment.post_id.is_(None))
        .limit(1)
    )


def orphans(before: datetime, limit: int) -> list[Attachment]:
    """Attachments of no post, older than a time (UTC)."""
    return list(
        db.session.scalars(
            select(Attachment)
            .where(Attachment.post_id.is_(None), Attachment.created_at < before)
            .order_by(Attachment.id)
            .limit(limit)
        )
    )


def used_digests(digests: Iterable[str]) -> set[str]:
    """Those digests that an attachment refers to."""
    wanted = list(digests)
    found = set(db.session.scalars(select(Attachment.digest).where(Attachment.digest.in_(wanted))))
    thumbnails = select(Attachment.thumbnail_digest).where(Attachment.thumbnail_digest.in_(wanted))
    return found | {digest for digest in db.session.scalars(thumbnails) if digest}


def of_author(user: User) -> list[Attachment]:
    """All attachments of a member, by id."""
    return list(
        db.session.scalars(select(Attachment).where(Attachment.author_id == user.id).order_by(Attachment.id))
    )


def total() -> tuple[int, int]:
    """(number, bytes) of all attachments."""
    count, size = db.session.execute(select(func.count(), func.coalesce(func.sum(Attachment.size), 0))).one()
    return count, int(size)


def newest_digests(limit: int) -> list[str]:
    """The digests of the newest attachments."""
    return list(db.session.scalars(select(Attachment.digest).order_by(Attachment.id.desc()).limit(limit)))
