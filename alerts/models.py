"""Security alerts by mail: subscriptions and the news they are about."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow
from products.models import Product

ALL = "all"  # scopes of a subscription
CHOSEN = "chosen"
MINE = "mine"
AT_ONCE = "at-once"
DAILY = "daily"
PATCH_DAY = "patch-day"
CADENCES = (AT_ONCE, DAILY, PATCH_DAY)
WITHDRAWN = "withdrawn"  # a reason of news: the issuer withdrew the bulletin
SEVERITIES = ("critical", "important", "moderate", "low")


class Subscription(db.Model):
    """A subscription to alerts: of an address without account, or of a member.

    `handle` is the part of its mailed links that is signed (core.mail.signed_links). News up to `told_id`,
    urgent news up to `urgent_id`, has been handled. News that is not urgent is mailed at `free_at` or
    later, so that there is at most one mail about new bulletins a day.
    """

    __tablename__ = "alert_subscriptions"
    __table_args__ = (
        UniqueConstraint("handle"),
        UniqueConstraint("email"),
        UniqueConstraint("user_id"),
        CheckConstraint("(email IS NULL) <> (user_id IS NULL)", name="one_owner"),
        Index("ix_alert_subscriptions_cadence_told_id", "cadence", "told_id"),
        Index("ix_alert_subscriptions_cadence_urgent_id", "cadence", "urgent_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(String(22))
    email: Mapped[str | None] = mapped_column(String(254))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(6))
    minimum: Mapped[str] = mapped_column(String(9))
    cadence: Mapped[str] = mapped_column(String(9))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    told_id: Mapped[int] = mapped_column(default=0)
    urgent_id: Mapped[int] = mapped_column(default=0)
    free_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    user: Mapped[User | None] = relationship(lazy="raise_on_sql")
    products: Mapped[list[Product]] = relationship(
        secondary="alert_products", lazy="raise_on_sql", order_by=Product.sort_name
    )

    @property
    def address(self) -> str | None:
        """The address its mail goes to."""
        return self.email or (self.user.email if self.user is not None else None)


class AlertProduct(db.Model):
    """A product chosen in a subscription."""

    __tablename__ = "alert_products"
    __table_args__ = (Index("ix_alert_products_product_id", "product_id"),)

    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("alert_subscriptions.id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)


class AlertNews(db.Model):
    """News that a bulletin was published, or that its risk changed for `reasons`; unique by `cause`.

    Urgent news (a changed risk, a new bulletin that is exploited) is not delayed until the next day.
    """

    __tablename__ = "alert_news"
    __table_args__ = (
        UniqueConstraint("cause"),
        Index("ix_alert_news_is_urgent_id", "is_urgent", "id"),
        Index("ix_alert_news_bulletin_id", "bulletin_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(String(60))
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    reasons: Mapped[list] = mapped_column(JSON, default=list)
    is_urgent: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
