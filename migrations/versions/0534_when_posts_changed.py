"""When the rows of posts and tags changed last: what programs ask lists for with `since`."""

import sqlalchemy as sa
from alembic import op

revision = "0534"
down_revision = "0531"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("posts", "tags"):
        op.add_column(table, sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE posts SET changed_at = CASE WHEN edited_at > last_activity_at THEN edited_at "
               "WHEN created_at > last_activity_at THEN created_at ELSE last_activity_at END")
    op.execute("UPDATE tags SET changed_at = created_at")
    op.create_index("ix_posts_kind_changed", "posts", ["kind", "is_public", "changed_at", "id"], if_not_exists=True)


def downgrade() -> None:
    op.drop_index("ix_posts_kind_changed", "posts")
    for table in ("posts", "tags"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("changed_at")
