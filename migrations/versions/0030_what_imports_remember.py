"""What imports remember

Badges that people won elsewhere, and what an article was when its file last gave it its text.

Revision: 0030, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('imported_badges', sa.JSON(), server_default='{}', nullable=False))
    with op.batch_alter_table('articles', schema=None) as batch_op:
        batch_op.add_column(sa.Column('import_state', sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('articles', schema=None) as batch_op:
        batch_op.drop_column('import_state')
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.drop_column('imported_badges')
