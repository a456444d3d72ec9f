"""Reads of appeals."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.database.db import db
from moderation.appeals.models import Appeal
from posts.models import Post


def of_post(post: Post) -> Appeal | None:
    """The newest appeal for a post."""
    return db.session.scalar(
        select(Appeal).where(Appeal.post_id == post.id).order_by(Appeal.id.desc()).limit(1)
    )


def open_appeals(post_ids: Iterable[int]) -> dict[int, Appeal]:
    """Open appeals by post id."""
    waiting = (Appeal.post_id.in_(list(post_ids)), Appeal.outcome.is_(None))
    rows = db.session.scalars(select(Appeal).where(*waiting).options(joinedload(Appeal.user)))
    return {row.post_id: row for row in rows}


def get(appeal_id: int) -> Appeal | None:
    """One appeal, for a moderator."""
    return db.session.scalar(
        select(Appeal).where(Appeal.id == appeal_id).options(joinedload(Appeal.post), joinedload(Appeal.user))
    )
