"""Who has taken a mail or a scheduled task, and until when nobody else may."""

import sqlalchemy as sa
from alembic import op

import core.database.db

revision = "0514"
down_revision = "0512"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outgoing_mail") as table:
        table.add_column(sa.Column("claimed_by", sa.String(40), nullable=True))
    with op.batch_alter_table("task_runs") as table:
        table.add_column(sa.Column("claimed_by", sa.String(40), nullable=True))
        table.add_column(sa.Column("claimed_until", core.database.db.UTCDateTime(), nullable=True))
        table.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("task_runs") as table:
        table.drop_column("tries")
        table.drop_column("claimed_until")
        table.drop_column("claimed_by")
    with op.batch_alter_table("outgoing_mail") as table:
        table.drop_column("claimed_by")
