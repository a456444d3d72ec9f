"""Products, releases, their phases and names, changes and conflicts, and what members run."""

from alembic import op
import sqlalchemy as sa
import core.database.db

revision = '0100'
down_revision = '0050'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('products',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('sort_name', sa.String(length=100), nullable=False),
    sa.Column('vendor', sa.String(length=60), nullable=False),
    sa.Column('category', sa.String(length=30), nullable=False),
    sa.Column('tags', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('description_html', sa.Text(), nullable=False),
    sa.Column('markup_version', sa.Integer(), nullable=False),
    sa.Column('policy_url', sa.String(length=300), nullable=False),
    sa.Column('version_command', sa.String(length=300), nullable=False),
    sa.Column('phase_names', sa.JSON(), nullable=False),
    sa.Column('ours', sa.JSON(), nullable=False),
    sa.Column('source', sa.String(length=100), nullable=False),
    sa.Column('supported_until', sa.String(length=10), nullable=True),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.Column('removed_at', core.database.db.UTCDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_products')),
    sa.UniqueConstraint('slug', name=op.f('uq_products_slug'))
    )
    with op.batch_alter_table('products', schema=None) as batch_op:
        batch_op.create_index('ix_products_category_sort_name_id', ['category', 'sort_name', 'id'], unique=False)
        batch_op.create_index('ix_products_sort_name_id', ['sort_name', 'id'], unique=False)
        batch_op.create_index('ix_products_vendor_sort_name_id', ['vendor', 'sort_name', 'id'], unique=False)

    op.create_table('calendar_addresses',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('handle', sa.String(length=22), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_calendar_addresses_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_calendar_addresses')),
    sa.UniqueConstraint('handle', name=op.f('uq_calendar_addresses_handle'))
    )
    op.create_table('product_names',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('value', sa.String(length=300), nullable=False),
    sa.Column('key', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_product_names_product_id_products'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product_names')),
    sa.UniqueConstraint('product_id', 'kind', 'key', name=op.f('uq_product_names_product_id_kind_key'))
    )
    with op.batch_alter_table('product_names', schema=None) as batch_op:
        batch_op.create_index('ix_product_names_kind_key', ['kind', 'key'], unique=False)

    op.create_table('product_words',
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('word', sa.String(length=40).with_variant(sa.String(length=40, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_product_words_product_id_products'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('product_id', 'word', name=op.f('pk_product_words'))
    )
    with op.batch_alter_table('product_words', schema=None) as batch_op:
        batch_op.create_index('ix_product_words_word_product_id', ['word', 'product_id'], unique=False)

    op.create_table('releases',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('cycle', sa.String(length=60), nullable=False),
    sa.Column('label', sa.String(length=100), nullable=False),
    sa.Column('codename', sa.String(length=100), nullable=False),
    sa.Column('released_on', sa.Date(), nullable=True),
    sa.Column('lts', sa.String(length=10), nullable=True),
    sa.Column('latest', sa.String(length=60), nullable=False),
    sa.Column('latest_on', sa.Date(), nullable=True),
    sa.Column('link', sa.String(length=300), nullable=False),
    sa.Column('ours', sa.JSON(), nullable=False),
    sa.Column('removed_at', core.database.db.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_releases_product_id_products'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_releases')),
    sa.UniqueConstraint('product_id', 'cycle', name=op.f('uq_releases_product_id_cycle'))
    )
    op.create_table('lifecycle_phases',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('release_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('ends', sa.String(length=10), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('changed_at', core.database.db.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['release_id'], ['releases.id'], name=op.f('fk_lifecycle_phases_release_id_releases'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lifecycle_phases')),
    sa.UniqueConstraint('release_id', 'kind', name=op.f('uq_lifecycle_phases_release_id_kind'))
    )
    with op.batch_alter_table('lifecycle_phases', schema=None) as batch_op:
        batch_op.create_index('ix_lifecycle_phases_kind_ends_id', ['kind', 'ends', 'id'], unique=False)

    op.create_table('owned_releases',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('release_id', sa.Integer(), nullable=True),
    sa.Column('source', sa.String(length=10), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_owned_releases_product_id_products'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['release_id'], ['releases.id'], name=op.f('fk_owned_releases_release_id_releases'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_owned_releases_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_owned_releases')),
    sa.UniqueConstraint('user_id', 'product_id', 'release_id', name=op.f('uq_owned_releases_user_id_product_id_release_id'))
    )
    with op.batch_alter_table('owned_releases', schema=None) as batch_op:
        batch_op.create_index('ix_owned_releases_product_id', ['product_id'], unique=False)
        batch_op.create_index('ix_owned_releases_release_id', ['release_id'], unique=False)
        batch_op.create_index('uq_owned_releases_whole', ['user_id', 'product_id'], unique=True, sqlite_where=sa.text('release_id IS NULL'), postgresql_where=sa.text('release_id IS NULL'))

    op.create_table('product_changes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('release_id', sa.Integer(), nullable=True),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('source', sa.String(length=100), nullable=False),
    sa.Column('verb', sa.String(length=12), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('is_news', sa.Boolean(), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_product_changes_actor_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_product_changes_product_id_products'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['release_id'], ['releases.id'], name=op.f('fk_product_changes_release_id_releases'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product_changes'))
    )
    with op.batch_alter_table('product_changes', schema=None) as batch_op:
        batch_op.create_index('ix_product_changes_is_news_id', ['is_news', 'id'], unique=False)
        batch_op.create_index('ix_product_changes_product_id_id', ['product_id', 'id'], unique=False)

    op.create_table('product_conflicts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('release_id', sa.Integer(), nullable=True),
    sa.Column('field', sa.String(length=20), nullable=False),
    sa.Column('theirs', sa.JSON(), nullable=False),
    sa.Column('source', sa.String(length=100), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.Column('decided_at', core.database.db.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_product_conflicts_product_id_products'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['release_id'], ['releases.id'], name=op.f('fk_product_conflicts_release_id_releases'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product_conflicts'))
    )
    with op.batch_alter_table('product_conflicts', schema=None) as batch_op:
        batch_op.create_index('ix_product_conflicts_decided_at_id', ['decided_at', 'id'], unique=False)
        batch_op.create_index('ix_product_conflicts_product_id', ['product_id'], unique=False)

    op.create_table('lifecycle_notices',
    sa.Column('phase_id', sa.Integer(), nullable=False),
    sa.Column('ends', sa.String(length=10), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['phase_id'], ['lifecycle_phases.id'], name=op.f('fk_lifecycle_notices_phase_id_lifecycle_phases'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('phase_id', 'ends', 'days', name=op.f('pk_lifecycle_notices'))
    )


def downgrade() -> None:
    for table in ('lifecycle_notices', 'product_conflicts', 'product_changes', 'owned_releases',
                  'lifecycle_phases', 'releases', 'product_words', 'product_names',
                  'calendar_addresses', 'products'):
        op.drop_table(table)
