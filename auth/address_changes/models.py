"""Changes of email addresses, with the hashes of the tokens that were mailed for them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow


class AddressChange(db.Model):
    """A change of an account's address.

    Pending until `done_at` is set. `confirm_hash` belongs to the link mailed to the new address,
    `cancel_hash` to the one mailed to the old address on request, `undo_hash` to the one mailed there on
    confirmation; the last two have the same effect.
    """

    __tablename__ = "address_changes"
    __table_args__ = (
        UniqueConstraint("confirm_hash"),
        UniqueConstraint("cancel_hash"),
        UniqueConstraint("undo_hash"),
        Index("ix_address_changes_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    old_email: Mapped[str | None] = mapped_column(String(254))
    new_email: Mapped[str] = mapped_column(String(254))
    confirm_hash: Mapped[str] = mapped_column(String(64))
    cancel_hash: Mapped[str] = mapped_column(String(64))
    undo_hash: Mapped[str | None] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    user: Mapped[User] = relationship()
