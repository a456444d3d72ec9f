"""Questions and answers, two kinds of Post, and acceptances."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow
from posts.models import Post


class Question(Post):
    """A question."""

    __tablename__ = "questions"

    id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    accepted_answer_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    close_reason: Mapped[str | None] = mapped_column(String(20))
    close_note: Mapped[str] = mapped_column(String(300), default="")
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    closed_by: Mapped[User | None] = relationship(foreign_keys=[closed_by_id])

    __mapper_args__: ClassVar[dict] = {"polymorphic_identity": "question", "inherit_condition": id == Post.id}


class Answer(Post):
    """An answer to a question (its parent)."""

    __mapper_args__: ClassVar[dict] = {"polymorphic_identity": "answer"}


class Acceptance(db.Model):
    """The acceptance of an answer by the asker; withdrawn, never deleted. Its points count on `day` (UTC)."""

    __tablename__ = "acceptances"
    __table_args__ = (
        Index("ix_acceptances_question_id", "question_id"),
        Index("ix_acceptances_answer_id", "answer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    answer_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    accepter_id: Mapped[int | None]
    author_id: Mapped[int | None]
    day: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    by_deletion: Mapped[bool] = mapped_column(default=False)
