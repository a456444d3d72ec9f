"""Documents that were sent to an inventory, and what came of them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from auth.models import User
from core.database.db import JSONText, UTCDateTime, db, utcnow
from products.inventories.models import Inventory

COLUMNS = "columns"  # waits for the member to say which columns are read
WAITING = "waiting"
RUNNING = "running"
DONE = "done"
REFUSED = "refused"
REPLACED = "replaced"  # a newer upload came before it was read
OPEN_STATES = (COLUMNS, WAITING, RUNNING)


class InventoryUpload(db.Model):
    """A document that was sent to an inventory, and what came of it.

    `content` is what was sent, packed, until it has been read; `result` are the possible matches and the
    components without one, as packed JSON. `replaces`: entries that came from earlier files and are not in
    this one are removed. `progress` is in percent.
    """

    __tablename__ = "inventory_uploads"
    __table_args__ = (
        Index("ix_inventory_uploads_inventory_id_id", "inventory_id", "id"),
        Index("ix_inventory_uploads_user_id", "user_id"),
        Index("ix_inventory_uploads_status", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    inventory_id: Mapped[int] = mapped_column(ForeignKey("inventories.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    file_name: Mapped[str] = mapped_column(String(120), default="")
    format: Mapped[str] = mapped_column(String(20), default="")
    status: Mapped[str] = mapped_column(String(10), default=WAITING)
    replaces: Mapped[bool] = mapped_column(default=False)
    columns: Mapped[dict | None] = mapped_column(JSONText)
    progress: Mapped[int] = mapped_column(default=0)
    entries: Mapped[int] = mapped_column(default=0)
    components: Mapped[int] = mapped_column(default=0)
    matched: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    message: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_by: Mapped[str | None] = mapped_column(String(32))
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    result: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))

    inventory: Mapped[Inventory] = relationship(lazy="raise_on_sql")
    user: Mapped[User] = relationship(lazy="raise_on_sql")

    @property
    def is_open(self) -> bool:
        """Whether it is not finished yet."""
        return self.status in OPEN_STATES
