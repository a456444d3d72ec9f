"""Events name the cached pages that they change; NULL, as in rows of older code, stands for all pages."""

import sqlalchemy as sa
from alembic import op

revision = "0620"
down_revision = "0610"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("invalidates", sa.Text))


def downgrade() -> None:
    op.drop_column("events", "invalidates")
