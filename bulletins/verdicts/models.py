"""Stored verdicts of bulletins on installed versions, and corrections that people propose."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from bulletins.models import Bulletin
from core.database.db import UTCDateTime, db, utcnow
from core.database.versions import Versioned

PROPOSED = "proposed"
APPROVED = "approved"
REFUSED = "refused"
UNDONE = "undone"
OTHER_PRODUCT = "other"  # the component is not the product that the bulletin names
SAME_PRODUCT = "same"  # it is, although the names differ
RANGE = "range"  # other versions are affected


class AffectedName(db.Model):
    """A key by which installed versions find a bulletin (identities.Identity.keys)."""

    __tablename__ = "affected_names"
    __table_args__ = (Index("ix_affected_names_key", "key", "bulletin_id"),)

    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)


class VersionVerdict(db.Model):
    """An affected product of a bulletin concerns an installed version: affected or unknown.

    Versions that are not affected have no row.
    """

    __tablename__ = "version_verdicts"
    __table_args__ = (Index("ix_version_verdicts_affected_product_id", "affected_product_id"),)

    version_id: Mapped[int] = mapped_column(
        ForeignKey("installed_versions.id", ondelete="CASCADE"), primary_key=True
    )
    affected_product_id: Mapped[int] = mapped_column(
        ForeignKey("affected_products.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(String(12))


class Correction(Versioned, db.Model):
    """A member says that a verdict is wrong; once a moderator approves it, it holds for everybody.

    OTHER_PRODUCT and SAME_PRODUCT are about the pair (`installed_key`, `named_key`) in every bulletin, RANGE
    about the product `product_key` of one bulletin, whose affected `versions` they are. `component` and
    `named` are the names as the member saw them.
    """

    __tablename__ = "verdict_corrections"
    __table_args__ = (
        Index("ix_verdict_corrections_status_id", "status", "id"),
        Index("ix_verdict_corrections_bulletin_id", "bulletin_id"),
        Index("ix_verdict_corrections_proposed_by_id", "proposed_by_id"),
        Index("ix_verdict_corrections_decided_by_id", "decided_by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(12), default=PROPOSED)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id", ondelete="CASCADE"))
    installed_key: Mapped[str] = mapped_column(String(200), default="")
    named_key: Mapped[str] = mapped_column(String(200), default="")
    product_key: Mapped[str] = mapped_column(Text, default="")
    component: Mapped[str] = mapped_column(Text, default="")
    named: Mapped[str] = mapped_column(Text, default="")
    versions: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revision_count: Mapped[int] = mapped_column(default=1)

    bulletin: Mapped[Bulletin] = relationship(lazy="raise_on_sql")
    proposed_by: Mapped[User | None] = relationship(lazy="raise_on_sql", foreign_keys=[proposed_by_id])
    decided_by: Mapped[User | None] = relationship(lazy="raise_on_sql", foreign_keys=[decided_by_id])
