"""Inboxes, watches and choices; security alerts by mail; what mails to lists carry."""

from alembic import op
import sqlalchemy as sa
import core.database.db

revision = '0300'
down_revision = '0250'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('stopped_addresses',
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('stopped_at', core.database.db.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('address', name=op.f('pk_stopped_addresses'))
    )
    op.create_table('alert_subscriptions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handle', sa.String(length=22), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=True),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('scope', sa.String(length=6), nullable=False),
    sa.Column('minimum', sa.String(length=9), nullable=False),
    sa.Column('cadence', sa.String(length=9), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.Column('confirmed_at', core.database.db.UTCDateTime(), nullable=True),
    sa.Column('told_id', sa.Integer(), nullable=False),
    sa.Column('urgent_id', sa.Integer(), nullable=False),
    sa.Column('free_at', core.database.db.UTCDateTime(), nullable=False),
    sa.CheckConstraint('(email IS NULL) <> (user_id IS NULL)', name=op.f('ck_alert_subscriptions_one_owner')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_alert_subscriptions_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_subscriptions')),
    sa.UniqueConstraint('email', name=op.f('uq_alert_subscriptions_email')),
    sa.UniqueConstraint('handle', name=op.f('uq_alert_subscriptions_handle')),
    sa.UniqueConstraint('user_id', name=op.f('uq_alert_subscriptions_user_id'))
    )
    with op.batch_alter_table('alert_subscriptions', schema=None) as batch_op:
        batch_op.create_index('ix_alert_subscriptions_cadence_told_id', ['cadence', 'told_id'], unique=False)
        batch_op.create_index('ix_alert_subscriptions_cadence_urgent_id', ['cadence', 'urgent_id'], unique=False)

    op.create_table('notification_choices',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('delivery', sa.String(length=6), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notification_choices_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'kind', name=op.f('pk_notification_choices'))
    )
    op.create_table('alert_news',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('cause', sa.String(length=60), nullable=False),
    sa.Column('bulletin_id', sa.Integer(), nullable=False),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.Column('is_urgent', sa.Boolean(), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['bulletin_id'], ['posts.id'], name=op.f('fk_alert_news_bulletin_id_posts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_news')),
    sa.UniqueConstraint('cause', name=op.f('uq_alert_news_cause'))
    )
    with op.batch_alter_table('alert_news', schema=None) as batch_op:
        batch_op.create_index('ix_alert_news_bulletin_id', ['bulletin_id'], unique=False)
        batch_op.create_index('ix_alert_news_is_urgent_id', ['is_urgent', 'id'], unique=False)

    op.create_table('alert_products',
    sa.Column('subscription_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_alert_products_product_id_products'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subscription_id'], ['alert_subscriptions.id'], name=op.f('fk_alert_products_subscription_id_alert_subscriptions'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('subscription_id', 'product_id', name=op.f('pk_alert_products'))
    )
    with op.batch_alter_table('alert_products', schema=None) as batch_op:
        batch_op.create_index('ix_alert_products_product_id', ['product_id'], unique=False)

    op.create_table('notifications',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('cause', sa.String(length=60), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('event', sa.String(length=60), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=True),
    sa.Column('thread_id', sa.Integer(), nullable=True),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.Column('read_at', core.database.db.UTCDateTime(), nullable=True),
    sa.Column('in_digest', sa.Boolean(), nullable=False),
    sa.Column('due_at', core.database.db.UTCDateTime(), nullable=True),
    sa.Column('mailed_at', core.database.db.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_notifications_actor_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_notifications_post_id_posts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_notifications_product_id_products'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notifications_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications')),
    sa.UniqueConstraint('user_id', 'cause', name=op.f('uq_notifications_user_id_cause'))
    )
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.create_index('ix_notifications_post_id', ['post_id'], unique=False)
        batch_op.create_index('ix_notifications_product_id', ['product_id'], unique=False)
        batch_op.create_index('ix_notifications_thread', ['user_id', 'thread_id', 'kind', 'mailed_at'], unique=False)
        batch_op.create_index('ix_notifications_unmailed', ['due_at', 'user_id'], unique=False, sqlite_where=sa.text('due_at IS NOT NULL AND mailed_at IS NULL'), postgresql_where=sa.text('due_at IS NOT NULL AND mailed_at IS NULL'))
        batch_op.create_index('ix_notifications_unread', ['user_id'], unique=False, sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))
        batch_op.create_index('ix_notifications_user_id_created_at_id', ['user_id', 'created_at', 'id'], unique=False)

    op.create_table('watches',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=True),
    sa.Column('tag_id', sa.Integer(), nullable=True),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('is_on', sa.Boolean(), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_watches_post_id_posts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_watches_product_id_products'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tag_id'], ['tags.id'], name=op.f('fk_watches_tag_id_tags'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_watches_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_watches')),
    sa.UniqueConstraint('user_id', 'post_id', name=op.f('uq_watches_user_id_post_id')),
    sa.UniqueConstraint('user_id', 'product_id', name=op.f('uq_watches_user_id_product_id')),
    sa.UniqueConstraint('user_id', 'tag_id', name=op.f('uq_watches_user_id_tag_id'))
    )
    with op.batch_alter_table('watches', schema=None) as batch_op:
        batch_op.create_index('ix_watches_post_id', ['post_id'], unique=False)
        batch_op.create_index('ix_watches_product_id', ['product_id'], unique=False)
        batch_op.create_index('ix_watches_tag_id', ['tag_id'], unique=False)

    with op.batch_alter_table('outgoing_mail', schema=None) as batch_op:
        batch_op.add_column(sa.Column('html', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('unsubscribe_url', sa.Text(), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('outgoing_mail', schema=None) as batch_op:
        batch_op.drop_column('unsubscribe_url')
        batch_op.drop_column('html')

    with op.batch_alter_table('watches', schema=None) as batch_op:
        batch_op.drop_index('ix_watches_tag_id')
        batch_op.drop_index('ix_watches_product_id')
        batch_op.drop_index('ix_watches_post_id')

    op.drop_table('watches')
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.drop_index('ix_notifications_user_id_created_at_id')
        batch_op.drop_index('ix_notifications_unread', sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))
        batch_op.drop_index('ix_notifications_unmailed', sqlite_where=sa.text('due_at IS NOT NULL AND mailed_at IS NULL'), postgresql_where=sa.text('due_at IS NOT NULL AND mailed_at IS NULL'))
        batch_op.drop_index('ix_notifications_thread')
        batch_op.drop_index('ix_notifications_product_id')
        batch_op.drop_index('ix_notifications_post_id')

    op.drop_table('notifications')
    with op.batch_alter_table('alert_products', schema=None) as batch_op:
        batch_op.drop_index('ix_alert_products_product_id')

    op.drop_table('alert_products')
    with op.batch_alter_table('alert_news', schema=None) as batch_op:
        batch_op.drop_index('ix_alert_news_is_urgent_id')
        batch_op.drop_index('ix_alert_news_bulletin_id')

    op.drop_table('alert_news')
    op.drop_table('notification_choices')
    with op.batch_alter_table('alert_subscriptions', schema=None) as batch_op:
        batch_op.drop_index('ix_alert_subscriptions_cadence_urgent_id')
        batch_op.drop_index('ix_alert_subscriptions_cadence_told_id')

    op.drop_table('alert_subscriptions')
    op.drop_table('stopped_addresses')
