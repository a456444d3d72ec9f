"""Appeals of authors against the removal of their posts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow
from posts.models import Post

APPROVED, REFUSED = "approved", "refused"


class Appeal(db.Model):
    """An author asks for a removed post; open while `outcome` is empty.

    `state` names the removal and the text it is about (state_of()): a post that was mended since, or removed
    again, may be asked for again.
    """

    __tablename__ = "appeals"
    __table_args__ = (
        UniqueConstraint("post_id", "state"),
        Index("ix_appeals_outcome_id", "outcome", "id"),
        Index("ix_appeals_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(50))
    text: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    outcome: Mapped[str | None] = mapped_column(String(10))
    answer: Mapped[str] = mapped_column(String(500), default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise_on_sql")
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id], lazy="raise_on_sql")
    post: Mapped[Post] = relationship(lazy="raise_on_sql")


def state_of(post: Post) -> str:
    """The removal of a post and the text that it has now."""
    return f"{post.deleted_at:%Y%m%dT%H%M%S%f}:{post.revision_count}"
