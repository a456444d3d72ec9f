"""Files that moderators uploaded, until they are imported, discarded or too old."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.db import JSONText, UTCDateTime, db, utcnow

MAX_NAME_CHARACTERS = 200


class Upload(db.Model):
    """A file of one moderator, whom alone it is shown to.

    `data` is emptied after the import; `report` is then its result.
    """

    __tablename__ = "advisory_uploads"
    __table_args__ = (Index(None, "user_id", "id"), Index(None, "created_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(MAX_NAME_CHARACTERS))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_by: Mapped[str | None] = mapped_column(String(40))
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    report: Mapped[dict | None] = mapped_column(JSONText)
