"""Which worker runs a scheduled task is decided by a row."""

from alembic import op
import sqlalchemy as sa
import core.database.db

revision = '0410'
down_revision = '0400'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('task_runs',
        sa.Column('name', sa.String(length=80), nullable=False),
        sa.Column('due_at', core.database.db.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_task_runs')))


def downgrade() -> None:
    op.drop_table('task_runs')
