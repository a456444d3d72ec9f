"""What a member wrote, voted and proposed, for the file of their data."""

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, joinedload, with_polymorphic

from auth.erasure.export_account import columns, register_export_part
from auth.models import User
from core.database.db import db
from posts import kinds
from posts.models import Post, Revision, Suggestion, Vote, VoteChange


def _is_own(user: User, post: type[Post]) -> ColumnElement[bool]:
    """Not the moderators' unpublished work, which ends with the rights of a moderator."""
    if user.is_moderator:
        return true()
    return or_(post.is_public, post.kind.not_in(kinds.curated()))


def _rows(
    entity: type, owner: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], user: User
) -> list:
    return list(db.session.scalars(select(entity).where(owner == user.id).order_by(entity.id)))


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
        columns(post, but={"body_html"}) | {"url": post.url, "tags": [tag.name for tag in post.tags]}
        for post in posts
    ]


@register_export_part("revisions")
def _revisions(user: User) -> list[dict]:
    rows = db.session.scalars(
        select(Revision)
        .join(Post, Post.id == Revision.post_id)
        .where(Revision.author_id == user.id, _is_own(user, Post))
        .order_by(Revision.id)
    )
    return [columns(row) for row in rows]


@register_export_part("votes")
def _votes(user: User) -> list[dict]:
    return [columns(row) for row in _rows(Vote, Vote.user_id, user)]


@register_export_part("vote_changes")
def _vote_changes(user: User) -> list[dict]:
    return [columns(row, but={"author_id"}) for row in _rows(VoteChange, VoteChange.user_id, user)]


@register_export_part("suggested_edits")
def _suggestions(user: User) -> list[dict]:
    return [columns(row, but={"decided_by_id"}) for row in _rows(Suggestion, Suggestion.author_id, user)]
