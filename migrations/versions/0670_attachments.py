"""Attachments of posts, and the picture that lists show beside a post."""

import sqlalchemy as sa
from alembic import op

import core.database.db

revision = "0670"
down_revision = "0640"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('attachments',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(length=16), nullable=False),
        sa.Column('kind', sa.String(length=10), nullable=False),
        sa.Column('media_type', sa.String(length=60), nullable=False),
        sa.Column('name', sa.String(length=100), nullable=False),
        sa.Column('alt', sa.String(length=250), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('width', sa.Integer(), nullable=True),
        sa.Column('height', sa.Integer(), nullable=True),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('source_digest', sa.String(length=64), nullable=True),
        sa.Column('thumbnail_digest', sa.String(length=64), nullable=True),
        sa.Column('author_id', sa.Integer(), nullable=True),
        sa.Column('post_id', sa.Integer(), nullable=True),
        sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_attachments_author_id_users'),
                                ondelete='SET NULL'),
        sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_attachments_post_id_posts'),
                                ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_attachments')),
        sa.UniqueConstraint('key', name=op.f('uq_attachments_key')))
    op.create_index('ix_attachments_post_id', 'attachments', ['post_id'])
    op.create_index('ix_attachments_author_id_created_at', 'attachments', ['author_id', 'created_at'])
    op.create_index('ix_attachments_digest', 'attachments', ['digest'])
    op.create_index('ix_attachments_thumbnail_digest', 'attachments', ['thumbnail_digest'])
    op.create_index('ix_attachments_created_at', 'attachments', ['created_at'])
    op.add_column('posts', sa.Column('picture_key', sa.String(length=16)))


def downgrade() -> None:
    op.drop_column('posts', 'picture_key')
    op.drop_table('attachments')
