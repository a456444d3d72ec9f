"""Reads over all kinds; visibility is part of every one of them."""

from collections.abc import Iterable
from typing import TypeVar

from flask import current_app
from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import defer, joinedload, lazyload

from auth.models import User, Visitor
from core.database import paging
from core.database.db import db
from posts import kinds
from posts.models import (
    DRAFT,
    HELD,
    PENDING,
    PUBLISHED,
    Comment,
    Post,
    PostLink,
    PostTag,
    Revision,
    Tag,
    Vote,
)

PostT = TypeVar("PostT", bound=Post)


def visible_to(user: User | Visitor | None, entity: type[Post] = Post) -> ColumnElement[bool]:
    """SQL condition: posts `user` may see.

    Everyone: what is public. Moderators: all but other people's drafts. Authors: also their own
    drafts, what waits for a moderator and what was removed, whoever removed it; not of a curated kind, for
    that is the moderators' work, and ends with the rights of a moderator.
    """
    if user is None or user.id is None:
        return entity.is_public
    if user.is_moderator:
        return or_(entity.is_public, entity.status != DRAFT, entity.author_id == user.id)
    own = (
        (entity.author_id == user.id)
        & entity.kind.not_in(kinds.curated())
        & or_(entity.deleted_at.is_not(None), entity.status.in_((DRAFT, PENDING, HELD)))
    )
    return or_(entity.is_public, own)


def visible(entity: type[PostT], user: User | Visitor) -> Select:
    """SELECT of `entity` (a kind of Post) that `user` may see, with authors."""
    return select(entity).where(visible_to(user, entity)).options(joinedload(entity.author))


def get(entity: type[PostT], post_id: int, user: User | Visitor) -> PostT | None:
    """The post with this id if it is of this kind and visible to `user`."""
    return db.session.scalar(visible(entity, user).where(entity.id == post_id))


def kind_of(post_id: int, user: User | Visitor) -> str | None:
    """Of which kind a post is, if `user` may see it."""
    return db.session.scalar(select(Post.kind).where(Post.id == post_id, visible_to(user)))


def changed_in(entity: type[Post] = Post) -> paging.Changed:
    """When posts were created or changed."""
    return paging.by_time(entity.changed_at, Post.id)


def comments_of(post_ids: Iterable[int], user: User | Visitor) -> dict[int, list[Comment]]:
    """Visible comments by post id, oldest first; one query for a whole page.

    Sorted here: asked to sort by id, SQLite would rather read all posts in that order.
    """
    found: dict[int, list[Comment]] = {}
    rows = visible(Comment, user).where(Comment.parent_id.in_(list(post_ids))).options(lazyload(Comment.tags))
    for comment in sorted(db.session.scalars(rows), key=lambda comment: comment.id):
        found.setdefault(comment.parent_id, []).append(comment)
    return found


def comments(post: Post, user: User | Visitor, after: paging.Place = None) -> paging.Page:
    """Visible comments under one post, oldest first."""
    return paging.keyset(
        visible(Comment, user).where(Comment.parent_id == post.id),
        [Comment.id],
        after=after,
        descending=False,
        changed=changed_in(Comment),
    )


def votes_of(user: User | Visitor, post_ids: Iterable[int]) -> dict[int, int]:
    """The reader's own standing votes by post id; one query for a whole page."""
    if user.id is None:
        return {}
    return dict(
        db.session.execute(
            select(Vote.post_id, Vote.value).where(Vote.user_id == user.id, Vote.post_id.in_(list(post_ids)))
        ).all()
    )


def last_edits(posts: Iterable[Post]) -> dict[int, Revision]:
    """The newest revision, without its text, of those posts that were edited here; by post id.

    SQLite looks up single columns only: for the pairs alone it would read every revision.
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
    """All revisions, newest first."""
    return list(
        db.session.scalars(
            select(Revision).where(Revision.post_id == post.id).order_by(Revision.number.desc())
        )
    )


def revision_page(post: Post, after: paging.Place = None) -> paging.Page:
    """Revisions without their texts, newest first."""
    statement = (
        select(Revision)
        .where(Revision.post_id == post.id)
        .options(defer(Revision.body), joinedload(Revision.author))
    )
    return paging.keyset(
        statement,
        [Revision.number],
        after=after,
        changed=paging.at_any(Revision.created_at, Revision.redacted_at),
    )


def revision(post: Post, number: int) -> Revision | None:
    """One revision of a post."""
    return db.session.scalar(select(Revision).where(Revision.post_id == post.id, Revision.number == number))


def _rows(user: User | Visitor) -> Select:
    """Visible posts for a short list of titles: without their tags."""
    return visible(Post, user).options(lazyload(Post.tags))


def links_from(post: Post, kind: str, user: User | Visitor) -> list[Post]:
    """Visible posts that `post` points to with `kind`."""
    return list(
        db.session.scalars(
            _rows(user)
            .join(PostLink, PostLink.target_id == Post.id)
            .where(PostLink.source_id == post.id, PostLink.kind == kind)
        )
    )


def links_to(post: Post, kind: str, user: User | Visitor) -> list[Post]:
    """Visible posts that point to `post` with `kind`."""
    return list(
        db.session.scalars(
            _rows(user)
            .join(PostLink, PostLink.source_id == Post.id)
            .where(PostLink.target_id == post.id, PostLink.kind == kind)
        )
    )


def _tags() -> Select:
    """Tags everybody may know of: used by a public post, or described by somebody trusted."""
    return select(Tag).where(or_(Tag.post_count > 0, Tag.excerpt != ""))


def tag_named(name: str) -> Tag | None:
    """The tag with this name."""
    return db.session.scalar(_tags().where(Tag.name == name.lower()))


def tags(after: paging.Place = None, size: int = 60, *, like: str = "") -> paging.Page:
    """Tags by number of public posts, or those whose name holds `like`."""
    statement = _tags()
    if like:
        statement = statement.where(Tag.name.contains(like.lower(), autoescape=True))
    return paging.keyset(
        statement, [Tag.post_count, Tag.id], after=after, size=size, changed=paging.at_any(Tag.changed_at)
    )


def tag_names(limit: int = 2000) -> list[str]:
    """Names of the most used tags."""
    return [tag.name for tag in tags(size=limit)]


def unknown_tags(names: Iterable[str]) -> list[str]:
    """Which of these no reader knows of yet."""
    wanted = set(names)
    return sorted(wanted - {tag.name for tag in db.session.scalars(_tags().where(Tag.name.in_(wanted)))})


def tagged(kind_names: Iterable[str], tag: Tag, user: User | Visitor) -> Select:
    """Public posts with `tag`, through post_tags so that the tag's index does the sorting."""
    return select(PostTag).where(
        PostTag.tag_id == tag.id, PostTag.is_public, PostTag.kind.in_(list(kind_names))
    )


def by_author(
    author: User,
    kind_names: Iterable[str],
    user: User | Visitor,
    after: paging.Place = None,
    size: int = paging.PAGE_SIZE,
    *,
    with_tags: bool = False,
) -> paging.Page:
    """What `author` wrote of these kinds, newest first, as far as `user` may see it."""
    statement = (
        (visible(Post, user) if with_tags else _rows(user))
        .where(Post.author_id == author.id, Post.kind.in_(list(kind_names)))
        .options(joinedload(Post.parent).lazyload(Post.tags))
    )
    return paging.keyset(
        statement, [Post.created_at, Post.id], after=after, size=size, changed=changed_in(Post)
    )


def count_public(kind: str) -> int:
    """How many public posts of a kind there are (small sites and the front page's cache only)."""
    return db.session.scalar(select(func.count()).where(Post.kind == kind, Post.is_public))


def has_published(user: User) -> bool:
    """Whether anything this member wrote was ever public (newcomers' first posts may wait)."""
    return (
        db.session.scalar(select(Post.id).where(Post.author_id == user.id, Post.is_public).limit(1))
        is not None
    )


def first_status(user: User) -> str:
    """Whether this member's post is shown at once or waits for approval (a setting)."""
    if not current_app.config["REDOUBT_FIRST_POST_APPROVAL"] or user.is_moderator:
        return PUBLISHED
    return PUBLISHED if has_published(user) else PENDING
