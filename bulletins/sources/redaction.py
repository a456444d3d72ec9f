"""The columns of sources and uploads that redaction masks.

The content of an upload is not masked: only its owner can see it, it is deleted within hours, and backups
leave it out.
"""

from bulletins.sources.models import Source, SourceDocument
from bulletins.uploads.models import Upload
from core import redaction
from core.backup.omissions import register_rows_without_backup

redaction.register_text(Source, "name", "errors")
redaction.register_text(SourceDocument, "reason")
redaction.register_text(Upload, "name", "report")
redaction.register_without_text(
    Source, "kind", "url", "outcome", "claimed_by", "counts", "provider", "fingerprints"
)
redaction.register_without_text(SourceDocument, "url", "changed", "etag", "last_modified")
redaction.register_without_text(Upload, "digest", "claimed_by")
register_rows_without_backup(Upload.__tablename__, "size", "size > 0")  # emptied once it is imported
