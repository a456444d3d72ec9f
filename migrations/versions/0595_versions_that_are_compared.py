"""Installed versions, the verdicts of bulletins on them, and corrections; the comparable range of products."""

import sqlalchemy as sa
from alembic import op

from core.database.db import UTCDateTime

revision = "0595"
down_revision = "0590"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("affected_products", sa.Column("vers", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "installed_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False, server_default=""),
        sa.Column("version", sa.Text(), nullable=False, server_default=""),
        sa.Column("purl", sa.Text(), nullable=False, server_default=""),
        sa.Column("cpe", sa.Text(), nullable=False, server_default=""),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("release_id", sa.Integer(), nullable=True),
        sa.Column("is_family", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("compared_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_installed_versions_product_id_products",
                                ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name="fk_installed_versions_release_id_releases",
                                ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_installed_versions"),
        sa.UniqueConstraint("digest", name="uq_installed_versions_digest"),
    )
    op.create_index("ix_installed_versions_product_id", "installed_versions", ["product_id"])
    op.create_index("ix_installed_versions_compared_at", "installed_versions", ["compared_at"])
    op.create_table(
        "installed_names",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["installed_versions.id"],
                                name="fk_installed_names_version_id_installed_versions", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("version_id", "key", name="pk_installed_names"),
    )
    op.create_index("ix_installed_names_key", "installed_names", ["key"])
    op.create_table(
        "installed_components",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inventory_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("owned_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["inventory_id"], ["inventories.id"],
                                name="fk_installed_components_inventory_id_inventories", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version_id"], ["installed_versions.id"],
                                name="fk_installed_components_version_id_installed_versions", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owned_id"], ["owned_releases.id"],
                                name="fk_installed_components_owned_id_owned_releases", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_installed_components"),
        sa.UniqueConstraint("inventory_id", "version_id", "owned_id",
                            name="uq_installed_components_inventory_id_version_id_owned_id"),
    )
    op.create_index("ix_installed_components_version_id", "installed_components", ["version_id"])
    op.create_index("ix_installed_components_owned_id", "installed_components", ["owned_id"])
    op.create_table(
        "affected_names",
        sa.Column("bulletin_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["bulletin_id"], ["bulletins.id"], name="fk_affected_names_bulletin_id_bulletins",
                                ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("bulletin_id", "key", name="pk_affected_names"),
    )
    op.create_index("ix_affected_names_key", "affected_names", ["key", "bulletin_id"])
    op.create_table(
        "version_verdicts",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("affected_product_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["installed_versions.id"],
                                name="fk_version_verdicts_version_id_installed_versions", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["affected_product_id"], ["affected_products.id"],
                                name="fk_version_verdicts_affected_product_id_affected_products",
                                ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("version_id", "affected_product_id", name="pk_version_verdicts"),
    )
    op.create_index("ix_version_verdicts_affected_product_id", "version_verdicts", ["affected_product_id"])
    op.create_table(
        "verdict_corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("bulletin_id", sa.Integer(), nullable=False),
        sa.Column("installed_key", sa.String(200), nullable=False),
        sa.Column("named_key", sa.String(200), nullable=False),
        sa.Column("product_key", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("named", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("revision_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bulletin_id"], ["bulletins.id"],
                                name="fk_verdict_corrections_bulletin_id_bulletins", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"],
                                name="fk_verdict_corrections_proposed_by_id_users", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"],
                                name="fk_verdict_corrections_decided_by_id_users", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_verdict_corrections"),
    )
    op.create_index("ix_verdict_corrections_status_id", "verdict_corrections", ["status", "id"])
    op.create_index("ix_verdict_corrections_bulletin_id", "verdict_corrections", ["bulletin_id"])
    op.create_index("ix_verdict_corrections_proposed_by_id", "verdict_corrections", ["proposed_by_id"])
    op.create_index("ix_verdict_corrections_decided_by_id", "verdict_corrections", ["decided_by_id"])


def downgrade() -> None:
    for table in ("verdict_corrections", "version_verdicts", "affected_names", "installed_components",
                  "installed_names", "installed_versions"):
        op.drop_table(table)
    with op.batch_alter_table("affected_products") as table:
        table.drop_column("vers")
