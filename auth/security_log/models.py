"""Rows of the security log. The database refuses to change them or to delete recent ones (migration 0519)."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, remote

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow


class SecurityEvent(db.Model):
    """One event. `user_id` is the account concerned, `actor_id` the user who caused it; None: unknown.

    Both are no foreign keys, so that rows stay unchanged when an account is removed.
    """

    __tablename__ = "security_events"
    __table_args__ = (
        Index("ix_security_events_created_at_id", "created_at", "id"),
        Index("ix_security_events_kind_created_at_id", "kind", "created_at", "id"),
        Index("ix_security_events_user_id_created_at_id", "user_id", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[int | None]
    actor_id: Mapped[int | None]
    means: Mapped[str] = mapped_column(String(10))
    facts: Mapped[dict] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    user: Mapped[User | None] = relationship(
        primaryjoin=lambda: foreign(SecurityEvent.user_id) == remote(User.id), viewonly=True
    )
    actor: Mapped[User | None] = relationship(
        primaryjoin=lambda: foreign(SecurityEvent.actor_id) == remote(User.id), viewonly=True
    )
    origin: Mapped["SecurityOrigin | None"] = relationship(back_populates="event", passive_deletes=True)


class SecurityOrigin(db.Model):
    """The client address and User-Agent of an event; deleted after a short time (a setting)."""

    __tablename__ = "security_origins"

    event_id: Mapped[int] = mapped_column(
        ForeignKey("security_events.id", ondelete="CASCADE"), primary_key=True
    )
    address: Mapped[str] = mapped_column(String(45), default="")
    program: Mapped[str] = mapped_column(String(200), default="")
    event: Mapped[SecurityEvent] = relationship(back_populates="origin")
