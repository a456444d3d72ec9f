"""Writes of original documents. Nothing commits."""

import hashlib
import re

from sqlalchemy import delete, select

from advisories.advisory import Advisory
from advisories.csaf import provider
from bulletins.models import Bulletin
from bulletins.originals.models import MAX_PATH_CHARACTERS, OriginalDocument
from core.database.db import db

MAX_NAME_IN_FOLDER = 60  # characters
_OTHERS = re.compile(r"[^a-z0-9]+")


def folder_of(publisher: str, namespace: str) -> str:
    """The folder of an issuer in the mirror: its name, and a hash that keeps two of one name apart."""
    plain = _OTHERS.sub("-", publisher.lower())[:MAX_NAME_IN_FOLDER].strip("-") or "issuer"
    digest = hashlib.sha256("\n".join((publisher, namespace)).encode()).hexdigest()
    return f"{plain}-{digest[:8]}"


def keep(bulletin: Bulletin, advisory: Advisory) -> None:
    """Store the original of an advisory with its bulletin; without one, the stored one is out of date."""
    original = advisory.original
    at = advisory.initial_release_at or advisory.current_release_at
    if original is None or at is None or bulletin.is_own:
        forget(bulletin.id)
        return
    row = db.session.get(OriginalDocument, bulletin.id)
    if row is not None and row.sha256 == original.sha256:
        return
    folder = folder_of(advisory.publisher, advisory.publisher_namespace)
    path = _free_path(bulletin, folder, provider.path(advisory.tracking_id, at))
    if row is None:
        row = OriginalDocument(bulletin_id=bulletin.id)
    row.folder = folder
    row.path = path
    row.publisher = {
        name: value
        for name, value in (
            ("category", advisory.publisher_category),
            ("contact_details", advisory.publisher_contact),
            ("issuing_authority", advisory.publisher_authority),
            ("name", advisory.publisher),
            ("namespace", advisory.publisher_namespace),
        )
        if value
    }
    row.title = advisory.title
    row.tlp = advisory.tlp[:20]
    row.version = original.version
    row.published_at = at
    row.updated_at = advisory.current_release_at or at
    row.size = original.size
    row.sha256 = original.sha256
    row.sha512 = original.sha512
    row.data = original.data
    db.session.add(row)
    db.session.flush()


def keep_if_missing(bulletin: Bulletin, advisory: Advisory) -> None:
    """Store the original of a document that was imported before originals were stored."""
    known = select(OriginalDocument.bulletin_id).where(OriginalDocument.bulletin_id == bulletin.id)
    if advisory.original is not None and db.session.scalar(known) is None:
        keep(bulletin, advisory)


def forget(bulletin_id: int) -> None:
    """Delete the original of a bulletin: it was replaced, or holds what was redacted."""
    db.session.execute(delete(OriginalDocument).where(OriginalDocument.bulletin_id == bulletin_id))


def _free_path(bulletin: Bulletin, folder: str, path: str) -> str:
    """The path in the folder; by our reference where another id gives the same file name."""
    year = path.split("/", maxsplit=1)[0]
    taken = select(OriginalDocument.bulletin_id).where(
        OriginalDocument.folder == folder,
        OriginalDocument.path == path,
        OriginalDocument.bulletin_id != bulletin.id,
    )
    if len(path) > MAX_PATH_CHARACTERS or db.session.scalar(taken) is not None:
        return f"{year}/{provider.filename(bulletin.reference)}"
    return path
