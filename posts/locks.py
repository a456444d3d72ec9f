"""Row locks in one order everywhere, which prevents deadlocks.

Posts by id (a parent is older than its children), then tags by id, then users by id
(`auth.reputation.lock`). On SQLite, which has one writer at a time, only the reload remains.
"""

from collections.abc import Iterable

from sqlalchemy import inspect, select

from core.database.db import db, lock_rows
from posts.models import Post, Tag


def lock(*posts: Post | None) -> None:
    """Lock these posts and reload them, because they may have changed since they were loaded.

    Two statements: a single one would read the unlocked table of a kind as it was before the wait
    (PostgreSQL).
    """
    found = [post for post in posts if post is not None]
    lock_rows(Post, (post.id for post in found))
    for post in found:
        db.session.refresh(post, [column.key for column in inspect(post).mapper.column_attrs])
        db.session.expire(post, ["tags"])


def lock_thread(post: Post) -> None:
    """Lock a post, its parent and all its descendants, for a change of visibility."""
    lock_rows(Post, [post.parent_id, post.id])
    descendants: list[int] = []
    level = [post.id]
    while level:
        level = list(db.session.scalars(select(Post.id).where(Post.parent_id.in_(level))))
        descendants += level
    lock_rows(Post, descendants)
    lock(post.parent, post)


def lock_tags(names: Iterable[str]) -> None:
    """Lock the rows of these tags, for a change of their counters."""
    lock_rows(Tag, db.session.scalars(select(Tag.id).where(Tag.name.in_(names))))
