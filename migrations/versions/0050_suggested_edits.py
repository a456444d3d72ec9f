"""Suggested edits and what they gave; an index of the staff

Revision: 0050, after 0001
"""

from alembic import op
import sqlalchemy as sa
import core.database.db

revision = '0050'
down_revision = '0040'
branch_labels = None
depends_on = None

OPEN = sa.text('outcome IS NULL')
STAFF = sa.text("role <> 'member'")


def upgrade() -> None:
    op.create_table('suggestions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('base_number', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('tags', sa.JSON(), nullable=False),
    sa.Column('summary', sa.String(length=200), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.Column('outcome', sa.String(length=10), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', core.database.db.UTCDateTime(), nullable=True),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_suggestions_author_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_suggestions_decided_by_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_suggestions_post_id_posts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suggestions'))
    )
    with op.batch_alter_table('suggestions', schema=None) as batch_op:
        batch_op.create_index('ix_suggestions_author_id_id', ['author_id', 'id'], unique=False)
        batch_op.create_index('ix_suggestions_outcome_id', ['outcome', 'id'], unique=False)
        batch_op.create_index('ix_suggestions_post_id', ['post_id'], unique=False)
        batch_op.create_index('uq_suggestions_open', ['post_id'], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)

    op.create_table('suggestion_credits',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('suggestion_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('withdrawn_at', core.database.db.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['suggestion_id'], ['suggestions.id'], name=op.f('fk_suggestion_credits_suggestion_id_suggestions'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suggestion_credits'))
    )
    with op.batch_alter_table('suggestion_credits', schema=None) as batch_op:
        batch_op.create_index('ix_suggestion_credits_suggestion_id', ['suggestion_id'], unique=False)
        batch_op.create_index('ix_suggestion_credits_user_id', ['user_id'], unique=False)

    op.create_index('ix_users_staff', 'users', ['role'], unique=False, sqlite_where=STAFF, postgresql_where=STAFF)


def downgrade() -> None:
    op.drop_index('ix_users_staff', table_name='users')
    op.drop_table('suggestion_credits')
    op.drop_table('suggestions')
