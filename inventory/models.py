"""Private calendar addresses of members; inventory entries are products.models.OwnedRelease."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow


class CalendarAddress(db.Model):
    """The stored part of a private calendar address; actions.calendar_secret() adds the signature."""

    __tablename__ = "calendar_addresses"
    __table_args__ = (UniqueConstraint("handle"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    handle: Mapped[str] = mapped_column(String(22))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    user: Mapped[User] = relationship(lazy="raise_on_sql")
