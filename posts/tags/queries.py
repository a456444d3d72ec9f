"""Reads of tags."""

from collections.abc import Iterable

from sqlalchemy import Select, or_, select

from core.database import paging
from core.database.db import db
from posts.models import Tag


def _tags() -> Select:
    """SELECT of visible tags: used by a public post, or described."""
    return select(Tag).where(or_(Tag.post_count > 0, Tag.excerpt != ""))


def tag_named(name: str) -> Tag | None:
    """The visible tag with this name, in any case."""
    return db.session.scalar(_tags().where(Tag.name == name.lower()))


def tags(after: paging.Place = None, size: int = 60, *, like: str = "") -> paging.Page:
    """One page of tags, most used first; with `like` those whose name contains it."""
    statement = _tags()
    if like:
        statement = statement.where(Tag.name.contains(like.lower(), autoescape=True))
    return paging.keyset(
        statement, [Tag.post_count, Tag.id], after=after, size=size, changed=paging.at_any(Tag.changed_at)
    )


def tag_names(limit: int = 2000) -> list[str]:
    """Names of the `limit` most used tags."""
    return [tag.name for tag in tags(size=limit)]


def unknown_tags(names: Iterable[str]) -> list[str]:
    """Which of these names are no visible tags."""
    wanted = set(names)
    return sorted(wanted - {tag.name for tag in db.session.scalars(_tags().where(Tag.name.in_(wanted)))})
