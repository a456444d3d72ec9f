"""Columns of the inventories that may hold text of users, and those without."""

import zlib

from sqlalchemy import select

from core import redaction
from core.backup.omissions import register_rows_without_backup
from core.database.db import db
from inventory.models import CalendarAddress
from inventory.uploads.models import InventoryUpload
from inventory.uploads.results import MAX_RESULT_BYTES

redaction.register_without_text(CalendarAddress, "handle")
redaction.register_text(InventoryUpload, "file_name", "message")
redaction.register_without_text(InventoryUpload, "format", "status", "columns", "claimed_by")


def _mask_results(mask: redaction.Mask, _by: object) -> int:
    """Mask the packed results of uploads; documents that wait are read and deleted soon."""
    changed = 0
    for upload_id in list(
        db.session.scalars(select(InventoryUpload.id).where(InventoryUpload.result.is_not(None)))
    ):
        upload = db.session.get_one(InventoryUpload, upload_id)
        text = zlib.decompressobj().decompress(upload.result or b"", MAX_RESULT_BYTES).decode()
        masked = mask.apply(text)
        if masked != text:
            upload.result = zlib.compress(masked.encode(), 6)
            changed += 1
    return changed


redaction.register_rows("inventory_uploads", _mask_results)
register_rows_without_backup(InventoryUpload.__tablename__, "content", "content IS NOT NULL")
