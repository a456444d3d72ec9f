"""Sources that are fetched, their documents, and uploads of advisories."""

from alembic import op
import sqlalchemy as sa
import core.database.db

revision = "0610"
down_revision = "0595"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('sources',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('name', sa.String(length=100), nullable=False),
        sa.Column('url', sa.String(length=1000), nullable=False),
        sa.Column('interval_hours', sa.Integer(), nullable=False),
        sa.Column('is_on', sa.Boolean(), nullable=False),
        sa.Column('created_by_id', sa.Integer(), nullable=True),
        sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
        sa.Column('next_run_at', core.database.db.UTCDateTime(), nullable=True),
        sa.Column('claimed_by', sa.String(length=40), nullable=True),
        sa.Column('claimed_until', core.database.db.UTCDateTime(), nullable=True),
        sa.Column('started_at', core.database.db.UTCDateTime(), nullable=True),
        sa.Column('finished_at', core.database.db.UTCDateTime(), nullable=True),
        sa.Column('succeeded_at', core.database.db.UTCDateTime(), nullable=True),
        sa.Column('outcome', sa.String(length=10), nullable=False),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('counts', core.database.db.JSONText(), nullable=False),
        sa.Column('errors', core.database.db.JSONText(), nullable=False),
        sa.Column('provider', core.database.db.JSONText(), nullable=False),
        sa.Column('fingerprints', core.database.db.JSONText(), nullable=False),
        sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_sources_created_by_id_users'),
                                ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sources')),
        sa.UniqueConstraint('kind', 'url', name=op.f('uq_sources_kind_url')))
    op.create_index('ix_sources_created_by_id', 'sources', ['created_by_id'])
    op.create_index('ix_sources_is_on_next_run_at', 'sources', ['is_on', 'next_run_at'])
    op.create_table('source_documents',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('source_id', sa.Integer(), nullable=False),
        sa.Column('url', sa.String(length=1000), nullable=False),
        sa.Column('changed', sa.String(length=60), nullable=False),
        sa.Column('etag', sa.String(length=300), nullable=False),
        sa.Column('last_modified', sa.String(length=300), nullable=False),
        sa.Column('fetched_at', core.database.db.UTCDateTime(), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('retry_at', core.database.db.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(['source_id'], ['sources.id'],
                                name=op.f('fk_source_documents_source_id_sources'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_source_documents')),
        sa.UniqueConstraint('source_id', 'url', name=op.f('uq_source_documents_source_id_url')))
    op.create_table('advisory_uploads',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('data', sa.LargeBinary(), nullable=False),
        sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
        sa.Column('confirmed_at', core.database.db.UTCDateTime(), nullable=True),
        sa.Column('finished_at', core.database.db.UTCDateTime(), nullable=True),
        sa.Column('claimed_by', sa.String(length=40), nullable=True),
        sa.Column('claimed_until', core.database.db.UTCDateTime(), nullable=True),
        sa.Column('report', core.database.db.JSONText(), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_advisory_uploads_user_id_users'),
                                ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_advisory_uploads')))
    op.create_index('ix_advisory_uploads_user_id_id', 'advisory_uploads', ['user_id', 'id'])
    op.create_index('ix_advisory_uploads_created_at', 'advisory_uploads', ['created_at'])


def downgrade() -> None:
    op.drop_table('advisory_uploads')
    op.drop_table('source_documents')
    op.drop_table('sources')
