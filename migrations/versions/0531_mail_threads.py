"""Mails of one thread, and the list that a mail belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0531"
down_revision = "0529"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outgoing_mail") as table:
        table.add_column(sa.Column("thread", sa.String(120), nullable=True))
        table.add_column(sa.Column("list_name", sa.String(40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("outgoing_mail") as table:
        table.drop_column("list_name")
        table.drop_column("thread")
