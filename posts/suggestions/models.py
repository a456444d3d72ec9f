"""Suggested edits and the points for approved ones."""

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow
from posts.models import Post


class Suggestion(db.Model):
    """A suggested edit; open while `outcome` is NULL.

    `base_number` is the revision it changes; it cannot be approved when the post has a newer one.
    """

    __tablename__ = "suggestions"
    __table_args__ = (
        Index(
            "uq_suggestions_open",
            "post_id",
            unique=True,
            sqlite_where=db.text("outcome IS NULL"),
            postgresql_where=db.text("outcome IS NULL"),
        ),
        Index("ix_suggestions_post_id", "post_id"),
        Index("ix_suggestions_outcome_id", "outcome", "id"),
        Index("ix_suggestions_author_id_id", "author_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    base_number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text)
    tags: Mapped[list] = mapped_column(JSON, default=list)
    summary: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    outcome: Mapped[str | None] = mapped_column(String(10))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(String(300), default="")
    revision_number: Mapped[int | None]
    changes: Mapped[dict | None] = mapped_column(JSON(none_as_null=True), deferred=True)  # from its base
    author: Mapped[User | None] = relationship(foreign_keys=[author_id], lazy="raise_on_sql")
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id], lazy="raise_on_sql")
    post: Mapped[Post] = relationship(lazy="raise_on_sql")

    @property
    def is_open(self) -> bool:
        """Whether it is undecided."""
        return self.outcome is None

    @property
    def version(self) -> str:
        """Changes whenever its author changes the suggestion."""
        return self.created_at.isoformat()

    @property
    def is_stale(self) -> bool:
        """Whether the post was edited since."""
        return self.base_number != self.post.revision_count


class SuggestionCredit(db.Model):
    """Points for an approved suggestion; `withdrawn_at` is set when the post is deleted."""

    __tablename__ = "suggestion_credits"
    __table_args__ = (
        Index("ix_suggestion_credits_suggestion_id", "suggestion_id"),
        Index("ix_suggestion_credits_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    suggestion_id: Mapped[int] = mapped_column(ForeignKey("suggestions.id", ondelete="CASCADE"))
    user_id: Mapped[int]
    points: Mapped[int]
    day: Mapped[date] = mapped_column(Date)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
