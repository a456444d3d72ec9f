"""Reads of original documents: only those of public bulletins that everybody may read."""

import zlib

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import undefer

from bulletins.models import Bulletin
from bulletins.originals.models import OriginalDocument
from bulletins.queries import OPEN_TLP
from core.database.db import db

MAX_DOCUMENTS = 50_000  # of one issuer in the lists of the mirror
MAX_ISSUERS = 1_000


def _published() -> Select:
    """SELECT of the originals that everybody may read, by the labels of document and bulletin."""
    return (
        select(OriginalDocument)
        .join(Bulletin, Bulletin.id == OriginalDocument.bulletin_id)
        .where(Bulletin.is_public, Bulletin.tlp.in_(OPEN_TLP), OriginalDocument.tlp.in_(OPEN_TLP))
    )


def issuers() -> list[Row]:
    """(folder, publisher, updated_at) of every issuer with a mirrored document, by folder."""
    newest = (
        _published()
        .with_only_columns(
            OriginalDocument.folder,
            func.max(OriginalDocument.updated_at).label("updated_at"),
            func.max(OriginalDocument.bulletin_id).label("bulletin_id"),
        )
        .group_by(OriginalDocument.folder)
        .order_by(OriginalDocument.folder)
        .limit(MAX_ISSUERS)
        .subquery()
    )
    return list(
        db.session.execute(
            select(newest.c.folder, OriginalDocument.publisher, newest.c.updated_at)
            .join(OriginalDocument, OriginalDocument.bulletin_id == newest.c.bulletin_id)
            .order_by(newest.c.folder)
        )
    )


def issuer(folder: str) -> dict | None:
    """The publisher of a folder of the mirror, from its newest document."""
    return db.session.scalar(
        _published()
        .with_only_columns(OriginalDocument.publisher)
        .where(OriginalDocument.folder == folder)
        .order_by(OriginalDocument.updated_at.desc(), OriginalDocument.bulletin_id.desc())
        .limit(1)
    )


def documents(folder: str) -> list[Row]:
    """Rows for the lists of one issuer's folder, the newest first."""
    return list(
        db.session.execute(
            _published()
            .with_only_columns(
                OriginalDocument.path,
                OriginalDocument.title,
                OriginalDocument.tlp,
                OriginalDocument.version,
                OriginalDocument.published_at,
                OriginalDocument.updated_at,
                Bulletin.tracking_id,
            )
            .where(OriginalDocument.folder == folder)
            .order_by(OriginalDocument.updated_at.desc(), OriginalDocument.path)
            .limit(MAX_DOCUMENTS)
        )
    )


def document(folder: str, path: str) -> OriginalDocument | None:
    """An original that everybody may read, with its data."""
    return db.session.scalar(
        _published()
        .where(OriginalDocument.folder == folder, OriginalDocument.path == path)
        .options(undefer(OriginalDocument.data))
    )


def of_bulletin(bulletin: Bulletin) -> Row | None:
    """(folder, path) of the original of a bulletin, if everybody may read it."""
    return db.session.execute(
        _published()
        .with_only_columns(OriginalDocument.folder, OriginalDocument.path, OriginalDocument.version)
        .where(OriginalDocument.bulletin_id == bulletin.id)
    ).first()


def content(found: OriginalDocument) -> bytes:
    """The bytes of an original; never more than its size says."""
    return zlib.decompressobj().decompress(found.data, found.size)
