"""Redaction of attachments: their names, descriptions, and the content of text files."""

from sqlalchemy import select

from core import redaction
from core.database.db import db
from core.jobs import events
from posts.attachments import media, tasks
from posts.attachments.actions import MAX_FILE_BYTES
from posts.attachments.models import TEXT, Attachment
from posts.attachments.store import current_store

MAX_FILES = 5_000  # the newest ones
MAX_TOTAL_BYTES = 1_000_000_000  # of the files that are read for one redaction
MIN_AGE_SECONDS = 600  # of bytes that are deleted after a redaction

redaction.register_text(Attachment, "name", "alt")
redaction.register_without_text(Attachment, "key", "kind", "media_type")
redaction.register_without_text(Attachment, "digest", "source_digest", "thumbnail_digest")


def _mask_files(mask: redaction.Mask, _by: object) -> int:
    """Mask texts in text files, as new files; returns how many.

    Pictures and packed files are not searched.
    """
    changed = 0
    read = 0
    rows = select(Attachment.id, Attachment.size).where(Attachment.kind == TEXT)
    for attachment_id, size in db.session.execute(rows.order_by(Attachment.id.desc()).limit(MAX_FILES)).all():
        read += size
        if read > MAX_TOTAL_BYTES:
            break
        attachment = db.session.get_one(Attachment, attachment_id)
        stream = current_store().open(attachment.digest)
        if stream is None:
            continue
        with stream:
            text = media.decoded(stream.read(MAX_FILE_BYTES + 1), attachment.media_type)
        masked = mask.apply(text)
        if masked != text:
            data = masked.encode("utf-8", "replace")
            attachment.digest = current_store().put(data)
            attachment.size = len(data)
            attachment.media_type = f"{media.PLAIN_TEXT}; charset=utf-8"
            changed += 1
    return changed


redaction.register_rows("attachments", _mask_files)


@events.register_handler("revision.redacted")
def delete_old_files(batch: list[events.Event]) -> None:
    """Delete the files that a redaction replaced, when no other attachment has the same."""
    db.session.rollback()
    tasks.delete_unused_bytes(MIN_AGE_SECONDS)
