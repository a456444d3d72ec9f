"""Which rules of Markdown made the HTML of a profile's text."""

import sqlalchemy as sa
from alembic import op

revision = "0536"
down_revision = "0535"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("markup_version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("users") as table:
        table.drop_column("markup_version")
