"""Reads of sources."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select

from bulletins.sources.models import Source, SourceDocument
from core.database.db import db, utcnow

MAX_SHOWN_DOCUMENTS = 20  # refused ones, on the page of a source


def sources() -> Sequence[Source]:
    """All sources, in the order in which they were added."""
    return db.session.scalars(select(Source).order_by(Source.id)).all()


def get_source(source_id: int) -> Source | None:
    """The source with this id."""
    return db.session.get(Source, source_id)


def due_source_id() -> int | None:
    """The id of a source that is due and that no worker is running, or None."""
    now = utcnow()
    return db.session.scalar(
        select(Source.id)
        .where(
            Source.is_on,
            Source.next_run_at <= now,
            or_(Source.claimed_until.is_(None), Source.claimed_until < now),
        )
        .order_by(Source.next_run_at, Source.id)
        .limit(1)
    )


def document(source_id: int, url: str) -> SourceDocument | None:
    """What is known of a list or document of a source."""
    return db.session.scalar(
        select(SourceDocument).where(SourceDocument.source_id == source_id, SourceDocument.url == url)
    )


def documents(source_id: int) -> dict[str, SourceDocument]:
    """All lists and documents of a source by address, not attached to the session."""
    rows = db.session.scalars(select(SourceDocument).where(SourceDocument.source_id == source_id)).all()
    db.session.expunge_all()
    return {row.url: row for row in rows}


def refused_documents(source_id: int) -> Sequence[SourceDocument]:
    """Documents that were refused or could not be fetched, the newest first."""
    return db.session.scalars(
        select(SourceDocument)
        .where(SourceDocument.source_id == source_id, SourceDocument.reason != "")
        .order_by(SourceDocument.fetched_at.desc(), SourceDocument.id.desc())
        .limit(MAX_SHOWN_DOCUMENTS)
    ).all()


def count_documents(source_id: int) -> int:
    """The number of lists and documents that are known of a source."""
    return db.session.scalars(
        select(func.count()).select_from(SourceDocument).where(SourceDocument.source_id == source_id)
    ).one()
