"""Writes about tags: who may bring a new one, and what a tag is for. Nothing here commits."""

from collections.abc import Iterable
from difflib import get_close_matches

from flask_babel import gettext as _
from sqlalchemy import select

from auth.models import User
from auth.privileges import Privilege, threshold
from core.database import versions
from core.database.db import db, lock_rows
from core.database.versions import Expected
from core.jobs import events
from core.web.forms import Invalid
from posts import policy, queries
from posts.models import Tag
from posts.revisions import facts

CLOSE = 3


def require_known(names: Iterable[str], *, by: User) -> None:
    """Invalid, naming tags that are close, when a tag is new and `by` may not make tags yet."""
    if policy.can_make_tags(by):
        return
    if new := queries.unknown_tags(names):
        raise Invalid({"tags": [_new_tag(name) for name in new]})


def _new_tag(name: str) -> str:
    close = get_close_matches(name, queries.tag_names(), n=CLOSE)
    refusal = _(
        "“%(name)s” does not exist yet. You need %(n)s reputation to create a tag.",
        name=name,
        n=threshold(Privilege.MAKE_TAGS),
    )
    return f"{refusal} " + (
        _("Close to it: %(names)s.", names=", ".join(close))
        if close
        else _("No similar tag exists. Choose another one.")
    )


def describe(name: str, excerpt: str, *, by: User, expected: Expected = None, summary: str = "") -> Tag:
    """Say when to use a tag; a tag that nobody has used yet begins here.

    Raises versions.Stale when it is at none of the `expected` versions; one that nobody described is as good
    as new.
    """
    tag = db.session.scalar(select(Tag).where(Tag.name == name))
    if tag is not None:
        lock_rows(Tag, [tag.id])
        db.session.refresh(tag, ["excerpt", "revision_count"])
    undescribed = tag is None or (tag.revision_count == 1 and not tag.excerpt)
    if not (undescribed and expected is not None and versions.NEW in expected):
        versions.require(tag, expected)
    if tag is None:
        tag = Tag(name=name, excerpt="", revision_count=0)
        db.session.add(tag)
        db.session.flush()
    elif tag.excerpt == excerpt:
        return tag
    else:
        facts.keep(tag, {"excerpt": tag.excerpt}, at=tag.created_at)
    tag.excerpt, tag.revision_count = excerpt, tag.revision_count + 1
    db.session.flush()
    facts.keep(tag, {"excerpt": excerpt}, by=by, summary=summary)
    events.record("tag.described", subject=tag, actor=by)
    return tag
