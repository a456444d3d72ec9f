"""What an account needs to be taken back whole: pending addresses, fresh passwords, counted failures.

Also which stored mail holds a link that opens an account, and names held for an address.
"""

import sqlalchemy as sa
from alembic import op

from core.database.db import UTCDateTime

revision = '0516'
down_revision = "0514"
branch_labels = None
depends_on = None

ADDED = {
    'users': (('failed_logins', sa.Integer(), '0'), ('device_generation', sa.Integer(), '0')),
    'sessions': (('proved_at', UTCDateTime(), None),),
    'email_tokens': (('username', sa.String(40), None), ('password_hash', sa.String(200), None),
                     ('browser_hash', sa.String(64), None)),
    'outgoing_mail': (('has_secret', sa.Boolean(), sa.text('false')), ('body_hash', sa.String(64), None)),
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    op.create_table(
        'address_changes',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('old_email', sa.String(254), nullable=True),
        sa.Column('new_email', sa.String(254), nullable=False),
        sa.Column('confirm_hash', sa.String(64), nullable=False),
        sa.Column('cancel_hash', sa.String(64), nullable=False),
        sa.Column('undo_hash', sa.String(64), nullable=True),
        sa.Column('asked_at', UTCDateTime(), nullable=False),
        sa.Column('expires_at', UTCDateTime(), nullable=False),
        sa.Column('done_at', UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], ondelete='CASCADE',
                                name='fk_address_changes_user_id_users'),
        sa.PrimaryKeyConstraint('id', name='pk_address_changes'),
        sa.UniqueConstraint('confirm_hash', name='uq_address_changes_confirm_hash'),
        sa.UniqueConstraint('cancel_hash', name='uq_address_changes_cancel_hash'),
        sa.UniqueConstraint('undo_hash', name='uq_address_changes_undo_hash'))
    op.create_index('ix_address_changes_user_id', 'address_changes', ['user_id'])
    op.create_table(
        'held_names',
        sa.Column('username_key', sa.String(80), nullable=False),
        sa.Column('email_hash', sa.String(64), nullable=False),
        sa.Column('held_at', UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('username_key', name='pk_held_names'))
    op.create_index('ix_users_unconfirmed', 'users', ['created_at'],
                    sqlite_where=sa.text('confirmed_at IS NULL'),
                    postgresql_where=sa.text('confirmed_at IS NULL'))
    op.create_index('ix_email_tokens_expires_at', 'email_tokens', ['expires_at'])
    # Links in mail that was sent before this version: the mail was delivered, the copy goes.
    op.execute("UPDATE outgoing_mail SET body = '', html = NULL, unsubscribe_url = NULL "
               "WHERE sent_at IS NOT NULL OR failed_at IS NOT NULL")
    op.execute("UPDATE outgoing_mail SET has_secret = true WHERE sent_at IS NULL AND unsubscribe_url IS NULL")


def downgrade() -> None:
    op.drop_index('ix_email_tokens_expires_at', 'email_tokens')
    op.drop_index('ix_users_unconfirmed', 'users')
    op.drop_table('held_names')
    op.drop_index('ix_address_changes_user_id', 'address_changes')
    op.drop_table('address_changes')
    for table, columns in ADDED.items():
        for name, _kind, _default in columns:
            op.drop_column(table, name)
