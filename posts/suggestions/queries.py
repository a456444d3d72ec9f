"""Reads of suggested edits; who may not see the post does not see what was proposed for it."""

from collections.abc import Iterable

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager, defer, joinedload

from auth.models import User, Visitor
from auth.privileges import Privilege
from core.database import paging
from core.database.db import db
from posts.models import Post, Suggestion
from posts.queries import visible_to


def _visible(user: User | Visitor) -> Select:
    return (
        select(Suggestion)
        .join(Suggestion.post)
        .where(visible_to(user))
        .options(
            contains_eager(Suggestion.post).joinedload(Post.parent),
            contains_eager(Suggestion.post).joinedload(Post.author),
            joinedload(Suggestion.author),
            joinedload(Suggestion.decided_by),
        )
    )


def get(suggestion_id: int, user: User | Visitor) -> Suggestion | None:
    """A suggestion, for its author, the author of the post and those who review."""
    if user.id is None:
        return None
    statement = _visible(user).where(Suggestion.id == suggestion_id)
    if not user.can(Privilege.REVIEW):
        statement = statement.where(or_(Suggestion.author_id == user.id, Post.author_id == user.id))
    return db.session.scalar(statement)


def waiting(user: User | Visitor, after: str | None = None) -> paging.Page:
    """Open suggestions of others that a reviewer may decide, the oldest first."""
    statement = _visible(user).where(Suggestion.outcome.is_(None), Suggestion.author_id != user.id)
    return paging.keyset(statement, [Suggestion.id], after=after, descending=False)


def of(user: User, after: str | None = None) -> paging.Page:
    """What a member proposed and what became of it, newest first."""
    return paging.keyset(_visible(user).where(Suggestion.author_id == user.id), [Suggestion.id], after=after)


def open_on(posts: Iterable[Post], user: User | Visitor) -> dict[int, Suggestion]:
    """Open suggestions by post id, for a page that shows these posts to a member; one query."""
    if user.id is None:
        return {}
    rows = db.session.scalars(
        select(Suggestion)
        .where(Suggestion.post_id.in_([post.id for post in posts]), Suggestion.outcome.is_(None))
        .options(defer(Suggestion.body))
    )
    return {row.post_id: row for row in rows}


def behind(post: Post, number: int) -> Suggestion | None:
    """The approved suggestion that became this revision."""
    return db.session.scalar(
        select(Suggestion)
        .where(Suggestion.post_id == post.id, Suggestion.revision_number == number)
        .options(joinedload(Suggestion.decided_by))
    )
