"""Authors ask for removed posts; what readers say about articles is dealt with once."""

import sqlalchemy as sa
from alembic import op

from core.database.db import UTCDateTime

revision = '0522'
down_revision = "0519"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'appeals',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('post_id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=50), nullable=False),
        sa.Column('text', sa.String(length=1000), nullable=False),
        sa.Column('created_at', UTCDateTime(), nullable=False),
        sa.Column('outcome', sa.String(length=10), nullable=True),
        sa.Column('answer', sa.String(length=500), nullable=False),
        sa.Column('decided_by_id', sa.Integer(), nullable=True),
        sa.Column('decided_at', UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_appeals_post_id_posts'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_appeals_user_id_users'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_appeals_decided_by_id_users'), ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_appeals')),
        sa.UniqueConstraint('post_id', 'state', name=op.f('uq_appeals_post_id_state')),
    )
    op.create_index('ix_appeals_outcome_id', 'appeals', ['outcome', 'id'])
    op.create_index('ix_appeals_user_id', 'appeals', ['user_id'])
    op.add_column('article_feedback', sa.Column('read_at', UTCDateTime(), nullable=True))
    op.add_column('article_feedback', sa.Column('read_by_id', sa.Integer(), nullable=True))
    waiting = sa.text("note <> '' AND read_at IS NULL")
    op.create_index('ix_article_feedback_waiting', 'article_feedback', ['id'], sqlite_where=waiting,
                    postgresql_where=waiting)


def downgrade() -> None:
    op.drop_index('ix_article_feedback_waiting', 'article_feedback')
    op.drop_column('article_feedback', 'read_by_id')
    op.drop_column('article_feedback', 'read_at')
    op.drop_table('appeals')
