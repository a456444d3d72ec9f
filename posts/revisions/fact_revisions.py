"""Revisions of objects that are no posts, such as tags: store, read, list. Nothing here commits."""

from datetime import datetime

from sqlalchemy import ColumnElement, select

from auth.models import User
from core.database import paging
from core.database.db import db, utcnow
from core.database.versions import Versioned
from posts.models import FactRevision


def kind_of(thing: Versioned) -> str:
    """The `thing_kind` of its revisions."""
    return type(thing).__name__.lower()


def _of(thing: Versioned) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (FactRevision.thing_kind == kind_of(thing), FactRevision.thing_id == thing.id)


def store(
    thing: Versioned, facts: dict, *, by: User | None = None, summary: str = "", at: datetime | None = None
) -> None:
    """Store `facts` as the current version of `thing`, unless it is stored; `at` (UTC) is by default now."""
    if get(thing, thing.revision_count) is None:
        db.session.add(
            FactRevision(
                thing_kind=kind_of(thing),
                thing_id=thing.id,
                number=thing.revision_count,
                facts=facts,
                author_id=by.id if by else None,
                summary=summary,
                created_at=at or utcnow(),
            )
        )


def get(thing: Versioned, number: int) -> FactRevision | None:
    """The revision of `thing` with this number."""
    return db.session.scalar(select(FactRevision).where(*_of(thing), FactRevision.number == number))


def page(thing: Versioned, after: str | None = None) -> paging.Page:
    """One page of the revisions of `thing`, newest first."""
    return paging.keyset(select(FactRevision).where(*_of(thing)), [FactRevision.number], after=after)
