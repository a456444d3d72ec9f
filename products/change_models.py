"""Changes of products, import conflicts, and announced ends of support."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow
from products.facts import to_json
from products.models import DateOrFlag, Product, Release


class ProductChange(db.Model):
    """A change by a user or an import, with values before and after; rows are never updated."""

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
    """A value of an import that differs from that of a moderator, until it is resolved."""

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
    def current_value(self) -> object:
        """The current value as JSON."""
        return to_json((self.release or self.product).value(self.field))


class LifecycleNotice(db.Model):
    """An end of support that was announced `days` ahead; a new date is announced again."""

    __tablename__ = "lifecycle_notices"

    phase_id: Mapped[int] = mapped_column(
        ForeignKey("lifecycle_phases.id", ondelete="CASCADE"), primary_key=True
    )
    ends: Mapped[date] = mapped_column(DateOrFlag, primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True)
