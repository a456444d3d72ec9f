"""Reads of suggested edits; only users who may see the post see its suggestions."""

from collections.abc import Iterable

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager, defer, joinedload

from auth.models import User, Visitor
from auth.privileges import Privilege
from core.database import paging
from core.database.db import db
from posts.models import Post
from posts.queries import visible_to
from posts.suggestions.models import Suggestion


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
    """A suggestion, if `user` is its author, the author of the post or a reviewer."""
    if user.id is None:
        return None
    statement = _visible(user).where(Suggestion.id == suggestion_id)
    if not user.can(Privilege.REVIEW):
        statement = statement.where(or_(Suggestion.author_id == user.id, Post.author_id == user.id))
    return db.session.scalar(statement)


def pending(user: User, after: str | None = None) -> paging.Page:
    """One page of open suggestions of others, oldest first, for a reviewer."""
    statement = _visible(user).where(Suggestion.outcome.is_(None), Suggestion.author_id != user.id)
    return paging.keyset(statement, [Suggestion.id], after=after, descending=False)


def by_member(user: User, after: str | None = None) -> paging.Page:
    """One page of a member's suggestions, newest first."""
    return paging.keyset(_visible(user).where(Suggestion.author_id == user.id), [Suggestion.id], after=after)


def open_on(posts: Iterable[Post], user: User | Visitor) -> dict[int, Suggestion]:
    """{post id: open suggestion} of these posts, for members; one query for a whole page.

    It is also set as `open_suggestion` of the posts.
    """
    if user.id is None:
        return {}
    posts = list(posts)
    rows = db.session.scalars(
        select(Suggestion)
        .where(Suggestion.post_id.in_([post.id for post in posts]), Suggestion.outcome.is_(None))
        .options(defer(Suggestion.body))
    )
    found = {row.post_id: row for row in rows}
    for post in posts:
        post.open_suggestion = found.get(post.id)
    return found


def approved_as(post: Post, number: int) -> Suggestion | None:
    """The approved suggestion that became this revision, if there is one."""
    return db.session.scalar(
        select(Suggestion)
        .where(Suggestion.post_id == post.id, Suggestion.revision_number == number)
        .options(joinedload(Suggestion.decided_by))
    )
