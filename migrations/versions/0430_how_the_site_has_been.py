"""Heartbeats of workers, figures by the hour; what failed and who came are found by an index."""

from alembic import op
import sqlalchemy as sa
import core.database.db

revision = '0430'
down_revision = '0410'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('figures',
    sa.Column('hour', core.database.db.UTCDateTime(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('value', sa.Float(), nullable=False),
    sa.PrimaryKeyConstraint('hour', 'name', name=op.f('pk_figures'))
    )
    op.create_table('heartbeats',
    sa.Column('worker', sa.String(length=40), nullable=False),
    sa.Column('loop', sa.String(length=10), nullable=False),
    sa.Column('host', sa.String(length=100), nullable=False),
    sa.Column('beaten_at', core.database.db.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('worker', 'loop', name=op.f('pk_heartbeats'))
    )
    op.create_index('ix_events_failed', 'events', ['done_at'], unique=False, sqlite_where=sa.text('error IS NOT NULL'), postgresql_where=sa.text('error IS NOT NULL'))
    op.create_index('ix_outgoing_mail_failed', 'outgoing_mail', ['failed_at'], unique=False, sqlite_where=sa.text('failed_at IS NOT NULL'), postgresql_where=sa.text('failed_at IS NOT NULL'))
    op.create_index('ix_users_created_at', 'users', ['created_at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_users_created_at', table_name='users')
    op.drop_index('ix_outgoing_mail_failed', table_name='outgoing_mail')
    op.drop_index('ix_events_failed', table_name='events')
    op.drop_table('heartbeats')
    op.drop_table('figures')
