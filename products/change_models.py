"""What happened to products: every change, what an import disputes, which ends were announced."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow
from products.facts import plain
from products.models import DateOrFlag, Product, Release


class ProductChange(db.Model):
    """What was changed, by whom or by which import, and what it was before; rows are only added."""

    __tablename__ = "product_changes"
    __table_args__ = (
        Index("ix_product_changes_product_id_id", "product_id", "id"),
        Index("ix_product_changes_is_news_id", "is_news", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    source: Mapped[str] = mapped_column(String(100), default="")
    verb: Mapped[str] = mapped_column(String(12))
    facts: Mapped[dict] = mapped_column(JSON, default=dict)
    is_news: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    product: Mapped[Product] = relationship(lazy="raise_on_sql")
    release: Mapped[Release | None] = relationship(lazy="raise_on_sql")
    actor: Mapped[User | None] = relationship(lazy="raise_on_sql")


class ImportConflict(db.Model):
    """An import says other than a moderator did; stays until a moderator decides."""

    __tablename__ = "product_conflicts"
    __table_args__ = (
        Index("ix_product_conflicts_product_id", "product_id"),
        Index("ix_product_conflicts_decided_at_id", "decided_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"))
    field: Mapped[str] = mapped_column(String(20))
    theirs: Mapped[object] = mapped_column(JSON)
    source: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    product: Mapped[Product] = relationship(lazy="raise_on_sql")
    release: Mapped[Release | None] = relationship(lazy="raise_on_sql")

    @property
    def ours(self) -> object:
        """What is written here, as JSON keeps it."""
        return plain((self.release or self.product).value(self.field))


class LifecycleNotice(db.Model):
    """An end that was announced so many days ahead, once; a new date is announced anew."""

    __tablename__ = "lifecycle_notices"

    phase_id: Mapped[int] = mapped_column(
        ForeignKey("lifecycle_phases.id", ondelete="CASCADE"), primary_key=True
    )
    ends: Mapped[date] = mapped_column(DateOrFlag, primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True)
