"""Reads of posts of all kinds; every query includes who may see its rows."""

from collections.abc import Iterable
from typing import TypeVar

from flask import current_app
from sqlalchemy import Select, SQLColumnExpression, bindparam, or_, select, tuple_
from sqlalchemy.orm import defer, joinedload, lazyload

from auth.models import User, Visitor
from core.database import paging
from core.database.db import db
from posts import kinds
from posts.models import (
    DRAFT,
    HIDDEN,
    PENDING,
    PUBLISHED,
    Comment,
    Post,
    PostLink,
    Revision,
    Vote,
)

PostT = TypeVar("PostT", bound=Post)
_votes = Vote.__table__.c
_OWN_VOTES = select(_votes.post_id, _votes.value).where(
    _votes.user_id == bindparam("user_id"), _votes.post_id.in_(bindparam("ids", expanding=True))
)


def visible_to(user: User | Visitor | None, entity: type[Post] = Post) -> SQLColumnExpression[bool]:
    """SQL condition: posts that `user` may see.

    Everyone sees public posts, moderators all but the drafts of others. Authors also see their own drafts,
    pending, hidden and deleted posts, except of curated kinds, which need the rights of a moderator.
    """
    if user is None or user.id is None:
        return entity.is_public
    if user.is_moderator:
        return or_(entity.is_public, entity.status != DRAFT, entity.author_id == user.id)
    own = (
        (entity.author_id == user.id)
        & entity.kind.not_in(kinds.curated())
        & or_(entity.deleted_at.is_not(None), entity.status.in_((DRAFT, PENDING, HIDDEN)))
    )
    return or_(entity.is_public, own)


def visible(entity: type[PostT], user: User | Visitor) -> Select[PostT]:
    """SELECT of posts of a kind that `user` may see, with their authors."""
    return select(entity).where(visible_to(user, entity)).options(joinedload(entity.author))


def get(entity: type[PostT], post_id: int, user: User | Visitor) -> PostT | None:
    """The post with this id, if it is of this kind and visible to `user`."""
    return db.session.scalar(visible(entity, user).where(entity.id == post_id))


def kind_of(post_id: int, user: User | Visitor) -> str | None:
    """The kind of a post, if `user` may see it."""
    return db.session.scalar(select(Post.kind).where(Post.id == post_id, visible_to(user)))


def changed_in(entity: type[Post] = Post) -> paging.ChangeFilter:
    """How pages of posts filter by the time of creation or change."""
    return paging.changed_by_time(entity.changed_at, Post.id)


def comments_of(post_ids: Iterable[int], user: User | Visitor) -> dict[int, list[Comment]]:
    """{post id: visible comments, oldest first}; one query for a whole page.

    Sorted in Python: with ORDER BY id, SQLite would scan all posts in that order.
    """
    found: dict[int, list[Comment]] = {}
    rows = visible(Comment, user).where(Comment.parent_id.in_(list(post_ids))).options(lazyload(Comment.tags))
    for comment in sorted(db.session.scalars(rows), key=lambda comment: comment.id):
        if comment.parent_id is not None:
            found.setdefault(comment.parent_id, []).append(comment)
    return found


def comments(post: Post, user: User | Visitor, after: paging.PageStart = None) -> paging.Page:
    """One page of visible comments below a post, oldest first."""
    return paging.keyset(
        visible(Comment, user).where(Comment.parent_id == post.id),
        [Comment.id],
        after=after,
        descending=False,
        changed=changed_in(Comment),
    )


def votes_of(user: User | Visitor, post_ids: Iterable[int]) -> dict[int, int]:
    """{post id: value} of the user's own votes; one query for a whole page."""
    if user.id is None:
        return {}
    rows = db.session.execute(_OWN_VOTES, {"user_id": user.id, "ids": list(post_ids)})
    return dict(rows.tuples().all())


def last_edits(posts: Iterable[Post]) -> dict[int, Revision]:
    """{post id: newest revision without its text} of those posts that were edited.

    The condition on post_id alone is for SQLite, which would scan all revisions for the pairs.
    """
    edited = {post.id: post.revision_count for post in posts if post.revision_count > 1}
    if not edited:
        return {}
    rows = db.session.scalars(
        select(Revision)
        .where(Revision.post_id.in_(edited), tuple_(Revision.post_id, Revision.number).in_(edited.items()))
        .options(defer(Revision.body))
    )
    return {revision.post_id: revision for revision in rows}


def revisions(post: Post) -> list[Revision]:
    """All revisions of a post, newest first."""
    return list(
        db.session.scalars(
            select(Revision).where(Revision.post_id == post.id).order_by(Revision.number.desc())
        )
    )


def revision_page(post: Post, after: paging.PageStart = None) -> paging.Page:
    """One page of revisions without their texts, newest first."""
    statement = (
        select(Revision)
        .where(Revision.post_id == post.id)
        .options(defer(Revision.body), joinedload(Revision.author))
    )
    return paging.keyset(
        statement,
        [Revision.number],
        after=after,
        changed=paging.changed_at_any(Revision.created_at, Revision.redacted_at),
    )


def revision(post: Post, number: int) -> Revision | None:
    """The revision of a post with this number."""
    return db.session.scalar(select(Revision).where(Revision.post_id == post.id, Revision.number == number))


def _untagged(user: User | Visitor) -> Select:
    """SELECT of visible posts without their tags, for lists of titles."""
    return visible(Post, user).options(lazyload(Post.tags))


def links_from(post: Post, kind: str, user: User | Visitor) -> list[Post]:
    """Visible posts that `post` links to with `kind`."""
    return list(
        db.session.scalars(
            _untagged(user)
            .join(PostLink, PostLink.target_id == Post.id)
            .where(PostLink.source_id == post.id, PostLink.kind == kind)
        )
    )


def links_to(post: Post, kind: str, user: User | Visitor) -> list[Post]:
    """Visible posts that link to `post` with `kind`."""
    return list(
        db.session.scalars(
            _untagged(user)
            .join(PostLink, PostLink.source_id == Post.id)
            .where(PostLink.target_id == post.id, PostLink.kind == kind)
        )
    )


def by_author(
    author: User,
    kind_names: Iterable[str],
    user: User | Visitor,
    after: paging.PageStart = None,
    size: int = paging.PAGE_SIZE,
    *,
    with_tags: bool = False,
) -> paging.Page:
    """One page of the posts of `author` of these kinds that `user` may see, newest first."""
    statement = (
        (visible(Post, user) if with_tags else _untagged(user))
        .where(Post.author_id == author.id, Post.kind.in_(list(kind_names)))
        .options(joinedload(Post.parent).lazyload(Post.tags))
    )
    return paging.keyset(
        statement, [Post.created_at, Post.id], after=after, size=size, changed=changed_in(Post)
    )


def has_published(user: User) -> bool:
    """Whether the member has a public post."""
    return (
        db.session.scalar(select(Post.id).where(Post.author_id == user.id, Post.is_public).limit(1))
        is not None
    )


def first_status(user: User) -> str:
    """The status of a new post of this member: published, or pending if first posts need approval."""
    if not current_app.config["REDOUBT_FIRST_POST_APPROVAL"] or user.is_moderator:
        return PUBLISHED
    return PUBLISHED if has_published(user) else PENDING
