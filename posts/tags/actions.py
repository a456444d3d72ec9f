"""Writes of tags: create, describe, assign to posts, count. Nothing here commits."""

from collections.abc import Iterable
from difflib import get_close_matches

from flask_babel import gettext as _
from sqlalchemy import and_, case, func, select, update

from auth.models import User
from auth.privileges import Privilege, threshold
from core.database import versions
from core.database.db import db, lock_rows, utcnow
from core.database.versions import Expected
from core.jobs import events
from core.web.forms import Invalid
from posts import locks, policy
from posts.models import Post, PostTag, Tag
from posts.revisions import fact_revisions
from posts.tags import queries

MAX_SIMILAR_TAGS = 3


def require_known(names: Iterable[str], *, by: User) -> None:
    """Raise Invalid, naming similar tags, when a tag is new and `by` may not create tags."""
    if policy.can_make_tags(by):
        return
    if new := queries.unknown_tags(names):
        raise Invalid({"tags": [_refusal(name) for name in new]})


def _refusal(name: str) -> str:
    similar = get_close_matches(name, queries.tag_names(), n=MAX_SIMILAR_TAGS)
    message = _(
        "“%(name)s” does not exist yet. You need %(n)s reputation to create a tag.",
        name=name,
        n=threshold(Privilege.MAKE_TAGS),
    )
    return f"{message} " + (
        _("Similar tags: %(names)s.", names=", ".join(similar))
        if similar
        else _("No similar tag exists. Choose another one.")
    )


def describe(name: str, excerpt: str, *, by: User, expected: Expected = None, summary: str = "") -> Tag:
    """Set the description of a tag, creating the tag if needed; returns it.

    Raises versions.Stale when its current version is none of `expected`; a tag without a description also has
    the version NEW.
    """
    tag = db.session.scalar(select(Tag).where(Tag.name == name))
    if tag is not None:
        lock_rows(Tag, [tag.id])
        db.session.refresh(tag, ["excerpt", "revision_count"])
    is_undescribed = tag is None or (tag.revision_count == 1 and not tag.excerpt)
    if not (is_undescribed and expected is not None and versions.NEW in expected):
        versions.require(tag, expected)
    if tag is None:
        tag = Tag(name=name, excerpt="", revision_count=0)
        db.session.add(tag)
        db.session.flush()
    elif tag.excerpt == excerpt:
        return tag
    else:
        fact_revisions.store(tag, {"excerpt": tag.excerpt}, at=tag.created_at)
    tag.excerpt = excerpt
    tag.revision_count += 1
    db.session.flush()
    fact_revisions.store(tag, {"excerpt": excerpt}, by=by, summary=summary)
    events.record("tag.described", subject=tag, actor=by)
    return tag


def set_tags(post: Post, names: Iterable[str]) -> list[str]:
    """Set the tags of `post`, creating new ones; returns their sorted names."""
    names = sorted(set(names))
    db.session.execute(db.delete(PostTag).where(PostTag.post_id == post.id))
    tags = make_tags(names)
    for name in names:
        db.session.add(
            PostTag(
                post_id=post.id,
                tag_id=tags[name].id,
                kind=post.kind,
                is_public=bool(post.is_public),
                created_at=post.created_at,
                last_activity_at=post.last_activity_at,
                score=post.score or 0,
                answer_count=post.answer_count or 0,
            )
        )
    db.session.flush()
    return names


def make_tags(names: Iterable[str]) -> dict[str, Tag]:
    """{name: tag} of these names, creating new ones."""
    wanted = sorted(set(names))
    tags = {tag.name: tag for tag in db.session.scalars(select(Tag).where(Tag.name.in_(wanted)))}
    for name in wanted:
        if name not in tags:
            tags[name] = Tag(name=name)
            db.session.add(tags[name])
    db.session.flush()
    return tags


def recount_tags(names: Iterable[str]) -> None:
    """Set the counts of public posts of these tags.

    Only the first post of a tag without a description changes its `changed_at`: it becomes visible then.
    """
    count = select(func.count()).where(PostTag.tag_id == Tag.id, PostTag.is_public).scalar_subquery()
    names = sorted(set(names))
    if names:
        db.session.flush()
        locks.lock_tags(names)
        is_new = and_(Tag.post_count == 0, Tag.excerpt == "")
        db.session.execute(
            update(Tag)
            .where(Tag.name.in_(names))
            .values(post_count=count, changed_at=case((is_new, utcnow()), else_=Tag.changed_at))
            .execution_options(synchronize_session=False)
        )


def copy_dates_to_tags(post: Post) -> None:
    """Copy the dates of `post` to its rows in post_tags."""
    db.session.execute(
        update(PostTag)
        .where(PostTag.post_id == post.id)
        .values(created_at=post.created_at, last_activity_at=post.last_activity_at)
        .execution_options(synchronize_session=False)
    )
