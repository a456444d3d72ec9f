"""Rows are taken in one order everywhere, so that no two changes ever wait for each other.

Posts by id (a parent is older than its children), then tags by id, then users by id
(`auth.reputation.lock`). On SQLite, which has one writer at a time, only the reading anew remains.
"""

from collections.abc import Iterable

from sqlalchemy import inspect, select

from core.database.db import db, lock_rows
from posts.models import Post, Tag


def lock(*posts: Post | None) -> None:
    """Take these posts and read them anew: what was loaded before may have changed meanwhile.

    Two statements: PostgreSQL reads what it need not lock (the table of a kind) as it was before the wait.
    """
    posts = [post for post in posts if post is not None]
    lock_rows(Post, (post.id for post in posts))
    for post in posts:
        db.session.refresh(post, [column.key for column in inspect(post).mapper.column_attrs])
        db.session.expire(post, ["tags"])


def lock_thread(post: Post) -> None:
    """Take a post, its parent and everything below it, for a change of what people see."""
    lock_rows(Post, [post.parent_id, post.id])
    below, level = [], [post.id]
    while level:
        level = list(db.session.scalars(select(Post.id).where(Post.parent_id.in_(level))))
        below += level
    lock_rows(Post, below)
    lock(post.parent, post)


def lock_tags(names: Iterable[str]) -> None:
    """Take the rows of these tags, whose counters change."""
    lock_rows(Tag, db.session.scalars(select(Tag.id).where(Tag.name.in_(names))))
