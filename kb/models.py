"""Articles: a kind of Post with a layer, what it applies to and who verified it when."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import JSON, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow
from posts.models import Post

HAS_UNREAD_NOTE = db.text("note <> '' AND read_at IS NULL")
LAYERS = ("perimeter", "network", "host", "application", "data")


class Article(Post):
    """Guidance that moderators are responsible for.

    `credited_id` is the member who got the points for its publication; `credit_turns` counts how often they
    were awarded and reversed: odd means awarded.

    The verifier followed the steps of `verified_revision`; `verified_digest` is their digest (actions.py).
    `changed_since_verified`: steps, commands or `applies_to` differ from those.
    """

    __tablename__ = "articles"
    __table_args__ = (
        Index("ix_articles_layer_id", "layer", "id"),
        Index("ix_articles_helpful_count_id", "helpful_count", "id"),
    )

    COUNTERS: ClassVar[frozenset[str]] = Post.COUNTERS | {
        "helpful_count",
        "unhelpful_count",
        "credit_turns",
        "import_digest",
        "import_state",
    }

    id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    layer: Mapped[str] = mapped_column(String(12), default="application")
    summary: Mapped[str] = mapped_column(String(300), default="")
    applies_to: Mapped[list] = mapped_column(JSON, default=list)
    verified_on: Mapped[date | None] = mapped_column(Date)
    verified_build: Mapped[str] = mapped_column(String(80), default="")
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    verified_by_name: Mapped[str] = mapped_column(String(80), default="")
    verified_revision: Mapped[int | None]
    verified_digest: Mapped[str] = mapped_column(String(64), default="")
    changed_since_verified: Mapped[bool] = mapped_column(default=False)
    helpful_count: Mapped[int] = mapped_column(default=0)
    unhelpful_count: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    credited_id: Mapped[int | None]
    credit_turns: Mapped[int] = mapped_column(default=0)
    import_digest: Mapped[str | None] = mapped_column(String(64))  # of its file
    import_state: Mapped[str | None] = mapped_column(String(64))  # of the article after the import

    @property
    def is_verified(self) -> bool:
        """Whether the current steps were followed by the verifier."""
        return self.verified_on is not None and not self.changed_since_verified

    __mapper_args__: ClassVar[dict] = {"polymorphic_identity": "article", "inherit_condition": id == Post.id}


class ArticleFeedback(db.Model):
    """The last answer of a member to "was this helpful"; moderators mark notes as read."""

    __tablename__ = "article_feedback"
    __table_args__ = (
        UniqueConstraint("user_id", "article_id"),
        Index("ix_article_feedback_article_id", "article_id"),
        Index(
            "ix_article_feedback_waiting",
            "id",
            sqlite_where=HAS_UNREAD_NOTE,
            postgresql_where=HAS_UNREAD_NOTE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    helpful: Mapped[bool]
    note: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    read_by_id: Mapped[int | None]
    user: Mapped[User] = relationship(lazy="raise_on_sql")
    article: Mapped[Article] = relationship(lazy="raise_on_sql")
