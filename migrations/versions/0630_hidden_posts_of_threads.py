"""An index of the few posts that are not public, by thread: it tells whose hidden posts a thread has."""

import sqlalchemy as sa
from alembic import op

revision = "0630"
down_revision = "0620"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_posts_hidden",
        "posts",
        ["parent_id", "author_id"],
        sqlite_where=sa.text("is_public = 0"),
        postgresql_where=sa.text("NOT is_public"),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_index("ix_posts_hidden", "posts")
