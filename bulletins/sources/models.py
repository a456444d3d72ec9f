"""Sources, and the documents that were fetched from them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.db import JSONText, UTCDateTime, db, utcnow
from core.web.fetch import MAX_URL_LENGTH

RUNNING = "running"
OK = "ok"
PARTIAL = "partial"  # the source was read, but something of it was refused
FAILED = "failed"


class Source(db.Model):
    """An address that is fetched every `interval_hours` while it `is_on`.

    `outcome` is that of the last run ("" before the first); `counts` and `errors` are its report. `failures`
    counts runs that failed since the last success. `provider` is what provider-metadata.json says, and
    `fingerprints` are the keys whose signatures are accepted; empty until a provider names keys.
    """

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("kind", "url"), Index(None, "is_on", "next_run_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    url: Mapped[str] = mapped_column(String(MAX_URL_LENGTH))
    interval_hours: Mapped[int]
    is_on: Mapped[bool] = mapped_column(default=False)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    next_run_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_by: Mapped[str | None] = mapped_column(String(40))
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    succeeded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(String(10), default="")
    failures: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict] = mapped_column(JSONText, default=dict)
    errors: Mapped[list] = mapped_column(JSONText, default=list)
    provider: Mapped[dict] = mapped_column(JSONText, default=dict)
    fingerprints: Mapped[list] = mapped_column(JSONText, default=list)

    @property
    def is_running(self) -> bool:
        """Whether a worker is running it now."""
        return self.claimed_until is not None and self.claimed_until > utcnow()


class SourceDocument(db.Model):
    """A list or document of a source: its validators for conditional requests, and what became of it.

    `changed` is the time that the list states, as text. `retry_at` is set while a document could not be
    fetched or its hash or signature was wrong.
    """

    __tablename__ = "source_documents"
    __table_args__ = (UniqueConstraint("source_id", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(String(MAX_URL_LENGTH))
    changed: Mapped[str] = mapped_column(String(60), default="")
    etag: Mapped[str] = mapped_column(String(300), default="")
    last_modified: Mapped[str] = mapped_column(String(300), default="")
    fetched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")
    failures: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
