"""Forms that arrived after their session had ended, kept for their account."""

from alembic import op
import sqlalchemy as sa
import core.database.db

revision = '0529'
down_revision = "0525"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('unsent_forms',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('target', sa.Text(), nullable=False),
        sa.Column('fields', sa.Text(), nullable=False),
        sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_unsent_forms_user_id_users'),
                                ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_unsent_forms')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_unsent_forms_token_hash')))
    op.create_index('ix_unsent_forms_user_id_id', 'unsent_forms', ['user_id', 'id'])
    op.create_index('ix_unsent_forms_created_at', 'unsent_forms', ['created_at'])


def downgrade() -> None:
    op.drop_table('unsent_forms')
