"""Writes of uploads. Nothing commits but run(), which works in several short transactions."""

import logging
import zlib
from dataclasses import asdict

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import delete, or_, select, update

from auth.models import User
from core.database.db import changed_rows, db, read_transaction, utcnow
from core.jobs import claims
from inventory import actions
from inventory.formats import recognise
from inventory.formats.component import MAX_FILE_BYTES, BadDocument
from inventory.formats.tables import Columns
from inventory.matching import Matches, TooManyComparisons
from inventory.uploads import results
from inventory.uploads.models import (
    COLUMNS,
    DONE,
    OPEN_STATES,
    REFUSED,
    REPLACED,
    RUNNING,
    WAITING,
    InventoryUpload,
)
from products.inventories.models import Inventory

log = logging.getLogger(__name__)
MAX_OPEN = 5  # uploads of an inventory that wait
MAX_KEPT = 20  # uploads of an inventory whose result is kept
MAX_FILE_NAME = 120  # characters
MAX_TRIES = 3  # of an upload whose worker died


class TooManyUploads(ValueError):
    """MAX_OPEN uploads of this inventory wait already."""


def packed(raw: bytes) -> bytes:
    """The content of an upload as it is stored; do it outside of a transaction."""
    return zlib.compress(raw, 1)


def unpacked(content: bytes | None) -> bytes:
    """The inverse of packed()."""
    return zlib.decompressobj().decompress(content or packed(b""), MAX_FILE_BYTES + 1)


def receive(
    inventory: Inventory,
    user: User,
    content: bytes,
    *,
    file_name: str = "",
    replaces: bool = False,
    columns: Columns | None = None,
    ask_columns: bool = False,
) -> InventoryUpload:
    """Store a document, packed by packed(), to be read by the worker, or when its columns are known.

    One that replaces the entries of earlier files also replaces uploads that wait. Raises TooManyUploads.
    """
    waiting = (
        InventoryUpload.inventory_id == inventory.id,
        InventoryUpload.status.in_((COLUMNS, WAITING)),
    )
    if replaces:
        changed_rows(
            update(InventoryUpload)
            .where(*waiting)
            .values(status=REPLACED, content=None, finished_at=utcnow())
        )
    elif len(list(db.session.scalars(select(InventoryUpload.id).where(*waiting)))) >= MAX_OPEN:
        raise TooManyUploads(
            _("%(n)s files of this inventory wait to be read. Try again when they are done.", n=MAX_OPEN)
        )
    _forget_old(inventory)
    upload = InventoryUpload(
        inventory_id=inventory.id,
        user_id=user.id,
        file_name=file_name[:MAX_FILE_NAME],
        status=COLUMNS if ask_columns else WAITING,
        replaces=replaces,
        columns=asdict(columns) if columns else None,
        content=content,
    )
    db.session.add(upload)
    db.session.flush()
    return upload


def _forget_old(inventory: Inventory) -> None:
    kept = (
        select(InventoryUpload.id)
        .where(InventoryUpload.inventory_id == inventory.id)
        .order_by(InventoryUpload.id.desc())
        .limit(MAX_KEPT)
    )
    changed_rows(
        delete(InventoryUpload).where(
            InventoryUpload.inventory_id == inventory.id,
            InventoryUpload.status.not_in(OPEN_STATES),
            InventoryUpload.id.not_in(kept),
        )
    )


def choose_columns(upload: InventoryUpload, columns: Columns) -> None:
    """Say which columns of a table are read; the worker reads it then."""
    if upload.status == COLUMNS:
        upload.columns = asdict(columns)
        upload.status = WAITING


def discard(upload: InventoryUpload) -> None:
    """Delete an upload that is not being read, with its result; entries of the inventory stay."""
    if upload.status != RUNNING:
        db.session.delete(upload)


def run_next() -> int:
    """Read the oldest upload that waits; returns the number read. Commits."""
    upload = _claim()
    if upload is None:
        return 0
    mine = update(InventoryUpload).where(
        InventoryUpload.id == upload.id,
        InventoryUpload.status == RUNNING,
        InventoryUpload.claimed_by == current_app.extensions["event_worker"],
    )
    with claims.renewing_claim(mine):
        _run(upload)
    return 1


def _claim() -> InventoryUpload | None:
    """Claim the oldest upload that waits, or whose worker died; commits. The first query does not write."""
    now = utcnow()
    free = or_(
        InventoryUpload.status == WAITING,
        (InventoryUpload.status == RUNNING) & (InventoryUpload.claimed_until < now),
    )
    with read_transaction():
        first = db.session.scalar(
            select(InventoryUpload.id).where(free).order_by(InventoryUpload.id).limit(1)
        )
    if first is None:
        return None
    claimed = changed_rows(
        update(InventoryUpload)
        .where(InventoryUpload.id == first, free)
        .values(
            status=RUNNING,
            claimed_by=current_app.extensions["event_worker"],
            claimed_until=now + claims.CLAIM_DURATION,
            tries=InventoryUpload.tries + 1,
        )
    )
    db.session.commit()
    with read_transaction():
        upload = db.session.get(InventoryUpload, first, populate_existing=True) if claimed else None
    return upload


def _run(upload: InventoryUpload) -> None:
    """Read, match and store one upload; a document that is not accepted is refused with the reason."""
    try:
        if upload.tries > MAX_TRIES:
            raise BadDocument(_("Reading this file ended the program several times. Send it in parts."))
        with read_transaction():
            content = db.session.scalar(
                select(InventoryUpload.content).where(InventoryUpload.id == upload.id)
            )
        columns = Columns(**upload.columns) if upload.columns else None
        document = recognise.read(unpacked(content), columns)
        del content
        if not document.components:
            raise BadDocument(_("The document lists nothing. The inventory stays as it was."))
        found = results.match_in_batches(document.components, lambda percent: _progress(upload, percent))
        _store(upload, document, found)
    except (BadDocument, TooManyComparisons, actions.ListFull) as error:
        db.session.rollback()
        message = str(error)
        if isinstance(error, actions.ListFull):
            message = full_message()
        _finish(upload, status=REFUSED, message=message)
    except Exception:
        db.session.rollback()
        log.exception("upload %s failed", upload.id)
        _finish(upload, status=REFUSED, message=_("The site failed to read the file. Send it again."))


def full_message() -> str:
    """What to do about an inventory that is full."""
    return _(
        "An inventory has up to %(n)s entries, and this would be more. Remove some, or use several.",
        n=f"{actions.MAX_OWNED:,}",
    )


def _progress(upload: InventoryUpload, percent: int) -> None:
    """Say how far it is, in a transaction of its own."""
    changed_rows(
        update(InventoryUpload).where(InventoryUpload.id == upload.id).values(progress=min(percent, 99))
    )
    db.session.commit()


def _store(upload: InventoryUpload, document: recognise.Document, found: Matches) -> None:
    """Write the entries and the result in one short transaction: until then the old entries are shown."""
    sure = [match for match in found.found if match.is_sure]
    keys = {key for match in sure for key in results.keys_of(match)}
    packed_result = results.pack(results.of_matches(found))
    inventory = db.session.get(Inventory, upload.inventory_id, populate_existing=True)
    if inventory is None:  # deleted meanwhile, with the upload
        db.session.rollback()
        return
    removed = 0
    if upload.replaces:
        added, removed = actions.replace_entries(inventory, keys)
    else:
        added = actions.add_entries(inventory, keys, source=actions.SBOM)
    _finish(
        upload,
        status=DONE,
        format=document.format,
        entries=document.entries,
        components=len(document.components),
        matched=len(document.components) - len(found.unmatched),
        added=added,
        removed=removed,
        result=packed_result,
    )


def _finish(upload: InventoryUpload, **values: object) -> None:
    changed_rows(
        update(InventoryUpload)
        .where(InventoryUpload.id == upload.id)
        .values(content=None, progress=100, finished_at=utcnow(), claimed_until=None, **values)
    )
    db.session.commit()
