"""An inventory, and its members; its entries are products.models.OwnedRelease."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow

OWNER = "owner"
EDIT = "edit"
READ = "read"
RIGHTS = (READ, EDIT)  # that an owner gives to others
MAX_NAME_LENGTH = 60  # characters


class Inventory(db.Model):
    """What runs at a site or a customer. Every member has at most one default inventory.

    The name of a default inventory is empty until its owner gives it one.
    """

    __tablename__ = "inventories"
    __table_args__ = (
        UniqueConstraint("owner_id", "name"),
        Index(
            "uq_inventories_default",
            "owner_id",
            unique=True,
            sqlite_where=db.text("is_default"),
            postgresql_where=db.text("is_default"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(MAX_NAME_LENGTH), default="")
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)  # of its entries

    owner: Mapped[User] = relationship(lazy="raise_on_sql")

    @property
    def title(self) -> str:
        """The name, in the reader's language when it has none of its own."""
        return self.name or _("My inventory")


class InventoryMember(db.Model):
    """A member of an inventory: its owner, or somebody who was invited and may have accepted.

    `is_used`: its products count as the member's own: front page, bulletins, alerts, calendar, plan.
    """

    __tablename__ = "inventory_members"
    __table_args__ = (Index("ix_inventory_members_user_id", "user_id"),)

    inventory_id: Mapped[int] = mapped_column(
        ForeignKey("inventories.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    right: Mapped[str] = mapped_column(String(6))
    is_used: Mapped[bool] = mapped_column(default=True)
    invited_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    inventory: Mapped[Inventory] = relationship(lazy="raise_on_sql")
    user: Mapped[User] = relationship(lazy="raise_on_sql")
