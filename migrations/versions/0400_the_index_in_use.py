"""Which search index in tables is in use; its tables are made by the engine, on PostgreSQL alone."""

from alembic import op
import sqlalchemy as sa

revision = '0400'
down_revision = '0300'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('search_index',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('generation', sa.BigInteger(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('lengths', sa.JSON(), nullable=False),
    sa.Column('averages', sa.JSON(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_search_index_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_index'))
    )


def downgrade() -> None:
    op.drop_table('search_index')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP SCHEMA IF EXISTS redoubt_search CASCADE')
