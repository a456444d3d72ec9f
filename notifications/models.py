"""What members watch, what they were told, how they want to be told, and which addresses take no mail."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow
from core.web.site import path_to
from posts.models import Post, Tag
from products.models import Product

UNREAD = db.text("read_at IS NULL")
UNMAILED = db.text("due_at IS NOT NULL AND mailed_at IS NULL")


class Watch(db.Model):
    """A member watches one post, tag or product; turned off it stays, so that nothing turns it on again."""

    __tablename__ = "watches"
    __table_args__ = (
        UniqueConstraint("user_id", "post_id"),
        UniqueConstraint("user_id", "tag_id"),
        UniqueConstraint("user_id", "product_id"),
        Index("ix_watches_user_id_id", "user_id", "id"),
        Index("ix_watches_post_id", "post_id"),
        Index("ix_watches_tag_id", "tag_id"),
        Index("ix_watches_product_id", "product_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    tag_id: Mapped[int | None] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    is_on: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    post: Mapped[Post | None] = relationship(lazy="raise_on_sql")
    tag: Mapped[Tag | None] = relationship(lazy="raise_on_sql")
    product: Mapped[Product | None] = relationship(lazy="raise_on_sql")


class Notification(db.Model):
    """One line of a member's inbox. `cause` is what it tells of: nobody is told of the same thing twice.

    `due_at` is when it is mailed, alone or with others of its `thread_id` and kind, or in the digest.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("user_id", "cause"),
        Index("ix_notifications_user_id_created_at_id", "user_id", "created_at", "id"),
        Index("ix_notifications_unread", "user_id", sqlite_where=UNREAD, postgresql_where=UNREAD),
        Index(
            "ix_notifications_unmailed", "due_at", "user_id", sqlite_where=UNMAILED, postgresql_where=UNMAILED
        ),
        Index("ix_notifications_thread", "user_id", "thread_id", "kind", "mailed_at"),
        Index("ix_notifications_post_id", "post_id"),
        Index("ix_notifications_product_id", "product_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    cause: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(10))
    event: Mapped[str] = mapped_column(String(60))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    thread_id: Mapped[int | None]
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    data: Mapped[dict] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    in_digest: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mailed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise_on_sql")
    actor: Mapped[User | None] = relationship(foreign_keys=[actor_id], lazy="raise_on_sql")
    post: Mapped[Post | None] = relationship(lazy="raise_on_sql")
    product: Mapped[Product | None] = relationship(lazy="raise_on_sql")

    @property
    def url(self) -> str:
        """Path of what it tells of."""
        if suggestion := self.data.get("suggestion"):
            return path_to("posts.suggestion", suggestion_id=suggestion)
        if self.kind == "flag":
            return path_to("moderation.my_flags")
        if address := self.data.get("url"):
            return address
        if self.event == "bulletin.published" and self.product is not None:
            return path_to("bulletins.bulletins", product=self.product.slug)
        return self.post.url if self.post is not None else self.product.path


class Choice(db.Model):
    """How a member wants to be told of one kind, where it is not as kinds.DEFAULTS says."""

    __tablename__ = "notification_choices"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    delivery: Mapped[str] = mapped_column(String(6))
