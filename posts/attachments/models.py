"""The table of attachments; the files themselves are in a store (store.py), named by their hash."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.db import UTCDateTime, db, utcnow

PICTURE = "picture"
TEXT = "text"
FILE = "file"
KEY_CHARACTERS = 16  # of the random key, which has 96 bits
MAX_NAME_CHARACTERS = 100
MAX_ALT_CHARACTERS = 250


class Attachment(db.Model):
    """A picture or file. `key` is its id in addresses, random, so that nobody can guess or count them.

    `post_id` is the post whose readers may see it; None until a text that shows it is saved: then only its
    author sees it. `digest` and `thumbnail_digest` are SHA-256 of the stored bytes,
    `source_digest` of an imported file before it was written again; `size` is in bytes.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_attachments_post_id", "post_id"),
        Index("ix_attachments_author_id_created_at", "author_id", "created_at"),
        Index("ix_attachments_digest", "digest"),
        Index("ix_attachments_thumbnail_digest", "thumbnail_digest"),
        Index("ix_attachments_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(KEY_CHARACTERS))
    kind: Mapped[str] = mapped_column(String(10))
    media_type: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(MAX_NAME_CHARACTERS))
    alt: Mapped[str] = mapped_column(String(MAX_ALT_CHARACTERS), default="")
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    digest: Mapped[str] = mapped_column(String(64))
    source_digest: Mapped[str | None] = mapped_column(String(64))
    thumbnail_digest: Mapped[str | None] = mapped_column(String(64))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
