"""The columns of sources and uploads that redaction masks.

The content of an upload is not masked: only its owner can see it, and it is deleted within hours.
"""

from bulletins.sources.models import Source, SourceDocument
from bulletins.uploads.models import Upload
from core import redaction

redaction.register_text(Source, "name", "errors")
redaction.register_text(SourceDocument, "reason")
redaction.register_text(Upload, "name", "report")
redaction.register_without_text(
    Source, "kind", "url", "outcome", "claimed_by", "counts", "provider", "fingerprints"
)
redaction.register_without_text(SourceDocument, "url", "changed", "etag", "last_modified")
redaction.register_without_text(Upload, "digest", "claimed_by")
