"""A member's posts, revisions, votes and suggested edits in the data export."""

from collections.abc import Set as AbstractSet

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import joinedload, with_polymorphic
from sqlalchemy.orm.util import AliasedClass

from auth.erasure.export_account import columns, register_export_part
from auth.models import User
from core.database.db import db
from posts import kinds
from posts.models import Post, Revision, Suggestion, Vote, VoteChange


def _is_own(user: User, post: type[Post] | AliasedClass[Post]) -> ColumnElement[bool]:
    """SQL condition: posts that belong to the member, not unpublished curated ones of former moderators."""
    if user.is_moderator:
        return true()
    return or_(post.is_public, post.kind.not_in(kinds.curated()))


def _columns(rows: Select, *, exclude: AbstractSet[str] = frozenset()) -> list[dict]:
    return [columns(row, exclude=exclude) for row in db.session.scalars(rows)]


@register_export_part("posts")
def _posts(user: User) -> list[dict]:
    whole = with_polymorphic(Post, "*")
    posts = db.session.scalars(
        select(whole)
        .where(whole.author_id == user.id, _is_own(user, whole))
        .options(joinedload(whole.parent))
        .order_by(whole.id)
    )
    return [
        columns(post, exclude={"body_html"}) | {"url": post.url, "tags": [tag.name for tag in post.tags]}
        for post in posts
    ]


@register_export_part("revisions")
def _revisions(user: User) -> list[dict]:
    return _columns(
        select(Revision)
        .join(Post, Post.id == Revision.post_id)
        .where(Revision.author_id == user.id, _is_own(user, Post))
        .order_by(Revision.id)
    )


@register_export_part("votes")
def _votes(user: User) -> list[dict]:
    return _columns(select(Vote).where(Vote.user_id == user.id).order_by(Vote.id))


@register_export_part("vote_changes")
def _vote_changes(user: User) -> list[dict]:
    return _columns(
        select(VoteChange).where(VoteChange.user_id == user.id).order_by(VoteChange.id), exclude={"author_id"}
    )


@register_export_part("suggested_edits")
def _suggestions(user: User) -> list[dict]:
    return _columns(
        select(Suggestion).where(Suggestion.author_id == user.id).order_by(Suggestion.id),
        exclude={"decided_by_id"},
    )
