"""Writes about tags: who may bring a new one, and what a tag is for. Nothing here commits."""

from collections.abc import Iterable
from difflib import get_close_matches

from flask_babel import gettext as _
from sqlalchemy import select

from auth.privileges import Privilege, threshold
from core import events
from core.db import db
from core.web import Invalid
from posts import policy, queries
from posts.models import Tag

CLOSE = 3


def require_known(names: Iterable[str], *, by) -> None:
    """Invalid, naming tags that are close, when a tag is new and `by` may not make tags yet."""
    if policy.can_make_tags(by):
        return
    if new := queries.unknown_tags(names):
        raise Invalid({"tags": [_new_tag(name) for name in new]})


def _new_tag(name: str) -> str:
    close = get_close_matches(name, queries.tag_names(), n=CLOSE)
    refusal = _("“%(name)s” would be a new tag; making tags takes %(n)s reputation.",
                name=name, n=threshold(Privilege.MAKE_TAGS))
    return f"{refusal} " + (_("Close to it: %(names)s.", names=", ".join(close)) if close
                            else _("No tag is close to it; choose another."))


def describe(name: str, excerpt: str, *, by) -> Tag:
    """Say when to use a tag; a tag that nobody has used yet begins here."""
    tag = db.session.scalar(select(Tag).where(Tag.name == name))
    if tag is None:
        tag = Tag(name=name)
        db.session.add(tag)
    tag.excerpt = excerpt
    events.record("tag.described", subject=tag, actor=by)
    return tag
