"""Flags, claims of the shared queue, and decisions (the public log)."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow
from posts.models import Post

URGENT = ("harmful", "secret")  # reasons that cannot wait: they stand first in the queue
REASONS = ("spam", "rude", "harmful", "wrong-place", "duplicate", "secret", "other")
HELPFUL, DECLINED = "helpful", "declined"


class Flag(db.Model):
    """A member says that a post needs a moderator; one open flag each."""

    __tablename__ = "flags"
    __table_args__ = (
        Index(
            "uq_flags_open",
            "post_id",
            "user_id",
            unique=True,
            sqlite_where=db.text("outcome IS NULL"),
            postgresql_where=db.text("outcome IS NULL"),
        ),
        Index("ix_flags_outcome_id", "outcome", "id"),
        Index("ix_flags_user_id_id", "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    outcome: Mapped[str | None] = mapped_column(String(10))
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer: Mapped[str] = mapped_column(String(500), default="")
    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise_on_sql")
    post: Mapped[Post] = relationship(lazy="raise_on_sql")


class Claim(db.Model):
    """Who looks at a post of the queue now; runs out by itself."""

    __tablename__ = "moderation_claims"

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    claimed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    claimed_until: Mapped[datetime] = mapped_column(UTCDateTime)
    claimed_by: Mapped[User] = relationship(lazy="joined")


class Decision(db.Model):
    """One line of the public log. `penalised_id` lost points for spam; `undone_at` gave them back."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("event_id"),
        Index("ix_decisions_post_id", "post_id"),
        Index("ix_decisions_created_at_id", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(String(30), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    event_id: Mapped[int | None]
    penalised_id: Mapped[int | None]
    day: Mapped[date | None] = mapped_column(Date)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    actor: Mapped[User | None] = relationship(foreign_keys=[actor_id], lazy="raise_on_sql")
    user: Mapped[User | None] = relationship(foreign_keys=[user_id], lazy="raise_on_sql")
    post: Mapped[Post | None] = relationship(lazy="raise_on_sql")
