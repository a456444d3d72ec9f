"""What members run, and their private calendars."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow
from products.models import Product, Release


class OwnedRelease(db.Model):
    """A member runs a product: one release of it, or the product as a whole."""

    __tablename__ = "owned_releases"
    __table_args__ = (
        UniqueConstraint("user_id", "product_id", "release_id"),
        Index("uq_owned_releases_whole", "user_id", "product_id", unique=True,
              sqlite_where=db.text("release_id IS NULL"),
              postgresql_where=db.text("release_id IS NULL")),
        Index("ix_owned_releases_product_id", "product_id"),
        Index("ix_owned_releases_release_id", "release_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(10), default="picked")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    product: Mapped[Product] = relationship(lazy="raise_on_sql")
    release: Mapped[Release | None] = relationship(lazy="raise_on_sql")


class CalendarAddress(db.Model):
    """The public half of a member's private calendar address; calendar.py makes the other half."""

    __tablename__ = "calendar_addresses"
    __table_args__ = (UniqueConstraint("handle"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    handle: Mapped[str] = mapped_column(String(22))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    user: Mapped[User] = relationship(lazy="raise_on_sql")
