"""Writes of uploads. Nothing commits."""

import zlib
from dataclasses import asdict

from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from auth.models import User
from core.database.db import changed_rows, db, utcnow
from inventory import actions
from inventory.formats.component import MAX_FILE_BYTES
from inventory.formats.tables import Columns
from inventory.uploads.models import (
    COLUMNS,
    OPEN_STATES,
    REPLACED,
    RUNNING,
    WAITING,
    InventoryUpload,
)
from products.inventories.models import Inventory

MAX_OPEN = 5  # uploads of an inventory that wait
MAX_KEPT = 20  # uploads of an inventory whose result is kept
MAX_FILE_NAME = 120  # characters


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


def full_message() -> str:
    """What to do about an inventory that is full."""
    return _(
        "An inventory has up to %(n)s entries, and this would be more. Remove some, or use several.",
        n=f"{actions.MAX_OWNED:,}",
    )
