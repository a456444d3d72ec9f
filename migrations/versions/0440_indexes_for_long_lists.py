"""Long threads, diligent authors and long ledgers are read in the order of an index."""

from alembic import op

revision = '0440'
down_revision = '0430'
branch_labels = None
depends_on = None

CREATED = {
    'ix_posts_parent_best': ('posts', ['parent_id', 'kind', 'accepted', 'score', 'id']),
    'ix_posts_author_new': ('posts', ['author_id', 'created_at', 'id']),
    'ix_watches_user_id_id': ('watches', ['user_id', 'id']),
    'ix_reputation_events_user_id_day_points': ('reputation_events', ['user_id', 'day', 'points']),
}
LONGER = ['parent_id', 'kind', 'is_public', 'created_at', 'id']
SHORTER = ['parent_id', 'kind', 'created_at', 'id']


def upgrade() -> None:
    for name, (table, columns) in CREATED.items():
        op.create_index(name, table, columns, if_not_exists=True)
    op.drop_index('ix_reputation_events_user_id_day', 'reputation_events')
    op.drop_index('ix_posts_parent', 'posts')
    op.create_index('ix_posts_parent', 'posts', SHORTER)


def downgrade() -> None:
    op.drop_index('ix_posts_parent', 'posts')
    op.create_index('ix_posts_parent', 'posts', LONGER)
    op.create_index('ix_reputation_events_user_id_day', 'reputation_events', ['user_id', 'day'])
    for name, (table, _columns) in CREATED.items():
        op.drop_index(name, table)
