"""Posts store the language of their text, for search; NULL, as in rows of older code, is found when indexed."""

import sqlalchemy as sa
from alembic import op

revision = "0640"
down_revision = "0630"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("language", sa.String(8)))


def downgrade() -> None:
    op.drop_column("posts", "language")
