"""The only module that sets `Post.is_public`."""

from sqlalchemy import select, update

from core.database.db import db
from posts.models import PUBLISHED, Post, PostTag


def refresh(post: Post) -> None:
    """Recompute `is_public` of `post`, its tags and its descendants, after its state changed."""
    db.session.flush()
    parent_public = True
    if post.parent_id is not None:
        parent_public = db.session.scalar(select(Post.is_public).where(Post.id == post.parent_id))
    before = post.is_public
    post.is_public = bool(parent_public and post.status == PUBLISHED and post.deleted_at is None)
    db.session.flush()
    _store_tags(post)
    if post.is_public == before:
        return
    for child in db.session.scalars(
        select(Post).where(Post.parent_id == post.id).execution_options(populate_existing=True)
    ):
        refresh(child)


def _store_tags(post: Post) -> None:
    db.session.execute(
        update(PostTag)
        .where(PostTag.post_id == post.id)
        .values(
            is_public=post.is_public,
            last_activity_at=post.last_activity_at,
            score=post.score,
            answer_count=post.answer_count,
        )
        .execution_options(synchronize_session=False)
    )
