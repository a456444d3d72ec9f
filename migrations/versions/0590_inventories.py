"""Several inventories for each member, shared with others; uploads that are matched in the background."""

import sqlalchemy as sa
from alembic import op

from core.database.db import UTCDateTime

revision = "0590"
down_revision = "0570"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inventories",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_inventories_owner_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_inventories"),
        sa.UniqueConstraint("owner_id", "name", name="uq_inventories_owner_id_name"),
    )
    op.create_index("uq_inventories_default", "inventories", ["owner_id"], unique=True,
                    sqlite_where=sa.text("is_default"), postgresql_where=sa.text("is_default"))
    op.create_table(
        "inventory_members",
        sa.Column("inventory_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("right", sa.String(6), nullable=False),
        sa.Column("is_used", sa.Boolean(), nullable=False),
        sa.Column("invited_at", UTCDateTime(), nullable=False),
        sa.Column("accepted_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["inventory_id"], ["inventories.id"],
                                name="fk_inventory_members_inventory_id_inventories", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_inventory_members_user_id_users",
                                ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("inventory_id", "user_id", name="pk_inventory_members"),
    )
    op.create_index("ix_inventory_members_user_id", "inventory_members", ["user_id"])
    op.create_table(
        "inventory_uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inventory_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(120), nullable=False),
        sa.Column("format", sa.String(20), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("replaces", sa.Boolean(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("progress", "entries", "components", "matched", "added", "removed", "tries")
        ),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("claimed_by", sa.String(32), nullable=True),
        sa.Column("claimed_until", UTCDateTime(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["inventory_id"], ["inventories.id"],
                                name="fk_inventory_uploads_inventory_id_inventories", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_inventory_uploads_user_id_users",
                                ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_inventory_uploads"),
    )
    op.create_index("ix_inventory_uploads_inventory_id_id", "inventory_uploads", ["inventory_id", "id"])
    op.create_index("ix_inventory_uploads_user_id", "inventory_uploads", ["user_id"])
    op.create_index("ix_inventory_uploads_status", "inventory_uploads", ["status"])
    # Every member's products are their default inventory, under the name of the interface.
    op.execute(
        "INSERT INTO inventories (owner_id, name, is_default, created_at, changed_at) "
        "SELECT user_id, '', true, min(created_at), max(created_at) FROM owned_releases GROUP BY user_id"
    )
    op.execute(
        "INSERT INTO inventory_members (inventory_id, user_id, \"right\", is_used, invited_at, accepted_at) "
        "SELECT id, owner_id, 'owner', true, created_at, created_at FROM inventories"
    )
    # A process of the previous version may still add rows: they have no inventory, and are moved later.
    op.drop_index("uq_owned_releases_whole", "owned_releases")
    with op.batch_alter_table("owned_releases") as table:
        table.add_column(sa.Column("inventory_id", sa.Integer(), nullable=True))
        table.drop_constraint("uq_owned_releases_user_id_product_id_release_id", type_="unique")
        table.create_foreign_key("fk_owned_releases_inventory_id_inventories", "inventories", ["inventory_id"],
                                 ["id"], ondelete="CASCADE")
    op.create_index("uq_owned_releases_release", "owned_releases", ["inventory_id", "product_id", "release_id"],
                    unique=True)
    op.create_index("uq_owned_releases_whole", "owned_releases", ["inventory_id", "product_id"], unique=True,
                    sqlite_where=sa.text("release_id IS NULL"), postgresql_where=sa.text("release_id IS NULL"))
    op.create_index("ix_owned_releases_user_id", "owned_releases", ["user_id"])
    op.execute(
        "UPDATE owned_releases SET inventory_id = "
        "(SELECT id FROM inventories WHERE inventories.owner_id = owned_releases.user_id)"
    )


def downgrade() -> None:
    # Of several entries for the same release one is kept.
    op.execute(
        "DELETE FROM owned_releases WHERE id NOT IN (SELECT min(id) FROM owned_releases "
        "GROUP BY user_id, product_id, release_id)"
    )
    op.drop_index("ix_owned_releases_user_id", "owned_releases")
    op.drop_index("uq_owned_releases_release", "owned_releases")
    op.drop_index("uq_owned_releases_whole", "owned_releases")
    with op.batch_alter_table("owned_releases") as table:
        table.drop_constraint("fk_owned_releases_inventory_id_inventories", type_="foreignkey")
        table.drop_column("inventory_id")
        table.create_unique_constraint(
            "uq_owned_releases_user_id_product_id_release_id", ["user_id", "product_id", "release_id"]
        )
    op.create_index("uq_owned_releases_whole", "owned_releases", ["user_id", "product_id"], unique=True,
                    sqlite_where=sa.text("release_id IS NULL"), postgresql_where=sa.text("release_id IS NULL"))
    op.drop_table("inventory_uploads")
    op.drop_table("inventory_members")
    op.drop_table("inventories")
