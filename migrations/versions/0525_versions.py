"""Every edit names the version it was made from; facts have revisions; verified belongs to a revision."""

import sqlalchemy as sa
from alembic import op

revision = '0525'
down_revision = "0522"
branch_labels = None
depends_on = None

COUNTED = ('users', 'tags', 'products', 'releases', 'mitigations')
# What was verified before is taken as verified at the revision of that day: a later one may have changed steps.
# Days are those of UTC, whatever the zone of the database's session.
DAY_OF_POSTGRESQL, DAY_OF_SQLITE = "CAST(timezone('UTC', r.created_at) AS date)", "date(r.created_at)"
OF_THAT_DAY = """
    UPDATE articles SET verified_revision = coalesce(
        (SELECT max(r.number) FROM revisions r
         WHERE r.post_id = articles.id AND {day} <= articles.verified_on), 1)
    WHERE verified_on IS NOT NULL"""
CHANGED = """
    UPDATE articles SET changed_since_verified = true
    WHERE verified_on IS NOT NULL
    AND verified_revision < (SELECT p.revision_count FROM posts p WHERE p.id = articles.id)"""


def upgrade() -> None:
    op.add_column('revisions', sa.Column('facts', sa.JSON()))
    for table in COUNTED:
        op.add_column(table, sa.Column('revision_count', sa.Integer(), nullable=False, server_default='1'))
    op.create_table(
        'fact_revisions',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('thing_kind', sa.String(20), nullable=False),
        sa.Column('thing_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('author_id', sa.Integer(), sa.ForeignKey(
            'users.id', name='fk_fact_revisions_author_id_users', ondelete='SET NULL')),
        sa.Column('summary', sa.String(200), nullable=False),
        sa.Column('facts', sa.JSON(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('redacted_at', sa.DateTime(timezone=True)),
        sa.UniqueConstraint('thing_kind', 'thing_id', 'number',
                            name='uq_fact_revisions_thing_kind_thing_id_number'),
    )
    op.add_column('articles', sa.Column('verified_revision', sa.Integer()))
    op.add_column('articles', sa.Column('verified_digest', sa.String(64), nullable=False, server_default=''))
    op.add_column('articles', sa.Column('changed_since_verified', sa.Boolean(), nullable=False,
                                        server_default=sa.false()))
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.execute(OF_THAT_DAY.format(day=DAY_OF_POSTGRESQL if is_postgresql else DAY_OF_SQLITE))
    op.execute(CHANGED)


def downgrade() -> None:
    for column in ('changed_since_verified', 'verified_digest', 'verified_revision'):
        op.drop_column('articles', column)
    op.drop_table('fact_revisions')
    for table in COUNTED:
        op.drop_column(table, 'revision_count')
    op.drop_column('revisions', 'facts')
