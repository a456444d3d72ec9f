"""What a revision or a suggested edit changed is stored with it, as positions."""

import sqlalchemy as sa
from alembic import op

revision = '0512'
down_revision = "0440"
branch_labels = None
depends_on = None

NOT_COMPARED = sa.text('changes IS NULL AND number > 1')


def upgrade() -> None:
    for table in ('revisions', 'suggestions'):
        op.add_column(table, sa.Column('changes', sa.JSON(none_as_null=True), nullable=True))
    op.create_index('ix_revisions_not_compared', 'revisions', ['id'],
                    sqlite_where=NOT_COMPARED, postgresql_where=NOT_COMPARED)


def downgrade() -> None:
    op.drop_index('ix_revisions_not_compared', 'revisions')
    for table in ('suggestions', 'revisions'):
        with op.batch_alter_table(table) as batch:
            batch.drop_column('changes')
