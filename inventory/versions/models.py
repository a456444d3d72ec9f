"""What members have installed: shared rows of versions, and who has them.

A version is stored once for all members, so that a bulletin is compared once with it.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database.db import UTCDateTime, db, utcnow
from inventory.versions.verdicts import Installed
from products.models import OwnedRelease, Product, Release


class InstalledVersion(db.Model):
    """A component with its version as inventories write it, or a release of the catalogue (`is_family`).

    `digest` identifies it. `compared_at` is None until all bulletins were compared with it.
    """

    __tablename__ = "installed_versions"
    __table_args__ = (
        UniqueConstraint("digest"),
        Index("ix_installed_versions_product_id", "product_id"),
        Index("ix_installed_versions_compared_at", "compared_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    vendor: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[str] = mapped_column(Text, default="")
    purl: Mapped[str] = mapped_column(Text, default="")
    cpe: Mapped[str] = mapped_column(Text, default="")
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id", ondelete="SET NULL"))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("releases.id", ondelete="SET NULL"))
    is_family: Mapped[bool] = mapped_column(default=False)
    compared_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    product: Mapped[Product | None] = relationship(lazy="raise_on_sql")
    release: Mapped[Release | None] = relationship(lazy="raise_on_sql")

    @property
    def installed(self) -> Installed:
        """The values that are compared."""
        return Installed(
            self.name,
            self.vendor,
            self.version,
            self.purl,
            self.cpe,
            self.product_id,
            self.release_id,
            self.is_family,
        )


class InstalledName(db.Model):
    """A key by which bulletins find a version (identities.Identity.keys)."""

    __tablename__ = "installed_names"
    __table_args__ = (Index("ix_installed_names_key", "key"),)

    version_id: Mapped[int] = mapped_column(
        ForeignKey("installed_versions.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(200), primary_key=True)


class InstalledComponent(db.Model):
    """A version in an inventory, for one of its entries; no entry: no product of the catalogue."""

    __tablename__ = "installed_components"
    __table_args__ = (
        UniqueConstraint("inventory_id", "version_id", "owned_id"),
        Index("ix_installed_components_version_id", "version_id"),
        Index("ix_installed_components_owned_id", "owned_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    inventory_id: Mapped[int] = mapped_column(ForeignKey("inventories.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("installed_versions.id", ondelete="CASCADE"))
    owned_id: Mapped[int | None] = mapped_column(ForeignKey("owned_releases.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    version: Mapped[InstalledVersion] = relationship(lazy="raise_on_sql")
    entry: Mapped[OwnedRelease | None] = relationship(lazy="raise_on_sql")
