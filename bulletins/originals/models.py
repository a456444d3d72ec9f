"""The document of another issuer, unchanged."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bulletins.models import Bulletin
from core.database.db import UTCDateTime, db

MAX_FOLDER_CHARACTERS = 80
MAX_PATH_CHARACTERS = 220


class OriginalDocument(db.Model):
    """The CSAF document that a bulletin was imported from, byte for byte (`data`, compressed with zlib).

    `folder` and `path` are its place in the mirror: the folder of its publisher, the year and the file name.
    `publisher` has the members of CSAF section 3.2.1.8. `size` and the hashes are those of the bytes.
    """

    __tablename__ = "original_documents"
    __table_args__ = (
        UniqueConstraint("folder", "path"),
        Index("ix_original_documents_folder_updated_at", "folder", "updated_at"),
    )

    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id", ondelete="CASCADE"), primary_key=True)
    folder: Mapped[str] = mapped_column(String(MAX_FOLDER_CHARACTERS))
    path: Mapped[str] = mapped_column(String(MAX_PATH_CHARACTERS))
    publisher: Mapped[dict] = mapped_column(JSON)
    title: Mapped[str] = mapped_column(Text)
    tlp: Mapped[str] = mapped_column(String(20))
    version: Mapped[str] = mapped_column(String(10))
    published_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    sha512: Mapped[str] = mapped_column(String(128))
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    bulletin: Mapped[Bulletin] = relationship(lazy="raise_on_sql", viewonly=True)
