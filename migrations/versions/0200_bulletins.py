"""Bulletins, vulnerabilities, affected products, remediations, mitigations and known issues."""

from alembic import op
import sqlalchemy as sa
import core.database.db

revision = '0200'
down_revision = '0100'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('bulletin_counters',
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_bulletin_counters'))
    )
    op.create_table('vulnerabilities',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('cve', sa.String(length=30), nullable=False),
    sa.Column('kev_added_on', sa.Date(), nullable=True),
    sa.Column('kev_due_on', sa.Date(), nullable=True),
    sa.Column('kev_action', sa.Text(), nullable=False),
    sa.Column('is_ransomware', sa.Boolean(), nullable=False),
    sa.Column('epss', sa.Double(), nullable=True),
    sa.Column('epss_percentile', sa.Double(), nullable=True),
    sa.Column('epss_on', sa.Date(), nullable=True),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vulnerabilities')),
    sa.UniqueConstraint('cve', name=op.f('uq_vulnerabilities_cve'))
    )
    op.create_table('bulletins',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=16), nullable=False),
    sa.Column('publisher', sa.String(length=200), nullable=False),
    sa.Column('publisher_namespace', sa.Text(), nullable=False),
    sa.Column('tracking_id', sa.String(length=200), nullable=False),
    sa.Column('document_path', sa.String(length=220), nullable=False),
    sa.Column('tlp', sa.String(length=20), nullable=False),
    sa.Column('current_release_at', core.database.db.UTCDateTime(), nullable=True),
    sa.Column('full_title', sa.Text(), nullable=False),
    sa.Column('severity', sa.String(length=10), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('published_at', core.database.db.UTCDateTime(), nullable=True),
    sa.Column('release_month', sa.String(length=7), nullable=False),
    sa.Column('is_told', sa.Boolean(), nullable=False),
    sa.Column('is_out_of_band', sa.Boolean(), nullable=False),
    sa.Column('embargo_until', core.database.db.UTCDateTime(), nullable=True),
    sa.Column('is_exploited', sa.Boolean(), nullable=False),
    sa.Column('kev_added_on', sa.Date(), nullable=True),
    sa.Column('kev_due_on', sa.Date(), nullable=True),
    sa.Column('is_ransomware', sa.Boolean(), nullable=False),
    sa.Column('epss', sa.Double(), nullable=False),
    sa.Column('has_fix', sa.Boolean(), nullable=False),
    sa.Column('is_unpatched', sa.Boolean(), nullable=False),
    sa.Column('has_failures', sa.Boolean(), nullable=False),
    sa.Column('vulnerability_count', sa.Integer(), nullable=False),
    sa.Column('more', sa.JSON(), nullable=False),
    sa.Column('names', sa.Text(), nullable=False),
    sa.Column('imported', sa.JSON(), nullable=False),
    sa.Column('import_digest', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['id'], ['posts.id'], name=op.f('fk_bulletins_id_posts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulletins')),
    sa.UniqueConstraint('publisher', 'tracking_id', name=op.f('uq_bulletins_publisher_tracking_id')),
    sa.UniqueConstraint('document_path', name=op.f('uq_bulletins_document_path')),
    sa.UniqueConstraint('reference', name=op.f('uq_bulletins_reference'))
    )
    with op.batch_alter_table('bulletins', schema=None) as batch_op:
        batch_op.create_index('ix_bulletins_is_unpatched_priority_id', ['is_unpatched', 'priority', 'id'], unique=False)
        batch_op.create_index('ix_bulletins_kev_due_on', ['kev_due_on'], unique=False)
        batch_op.create_index('ix_bulletins_priority_id', ['priority', 'id'], unique=False)
        batch_op.create_index('ix_bulletins_published_at_id', ['published_at', 'id'], unique=False)
        batch_op.create_index('ix_bulletins_release_month_priority_id', ['release_month', 'priority', 'id'], unique=False)
        batch_op.create_index('ix_bulletins_severity_priority_id', ['severity', 'priority', 'id'], unique=False)

    op.create_table('affected_products',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('bulletin_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('vendor', sa.Text(), nullable=False),
    sa.Column('vendor_key', sa.String(length=60), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('has_fix', sa.Boolean(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('is_whole', sa.Boolean(), nullable=False),
    sa.Column('more', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['bulletin_id'], ['bulletins.id'], name=op.f('fk_affected_products_bulletin_id_bulletins'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_affected_products_product_id_products'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_affected_products'))
    )
    with op.batch_alter_table('affected_products', schema=None) as batch_op:
        batch_op.create_index('ix_affected_products_bulletin_id_position', ['bulletin_id', 'position'], unique=False)
        batch_op.create_index('ix_affected_products_product_id_status', ['product_id', 'status', 'bulletin_id'], unique=False)
        batch_op.create_index('ix_affected_products_vendor_key_bulletin_id', ['vendor_key', 'bulletin_id'], unique=False)

    op.create_table('bulletin_vulnerabilities',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('bulletin_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('vulnerability_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('status', sa.JSON(), nullable=False),
    sa.Column('scores', sa.JSON(), nullable=False),
    sa.Column('is_rejected', sa.Boolean(), nullable=False),
    sa.Column('concerns_any', sa.Boolean(), nullable=False),
    sa.Column('is_exploited', sa.Boolean(), nullable=False),
    sa.Column('has_fix', sa.Boolean(), nullable=False),
    sa.Column('more', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['bulletin_id'], ['bulletins.id'], name=op.f('fk_bulletin_vulnerabilities_bulletin_id_bulletins'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['vulnerability_id'], ['vulnerabilities.id'], name=op.f('fk_bulletin_vulnerabilities_vulnerability_id_vulnerabilities')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulletin_vulnerabilities'))
    )
    with op.batch_alter_table('bulletin_vulnerabilities', schema=None) as batch_op:
        batch_op.create_index('ix_bulletin_vulnerabilities_bulletin_id_position', ['bulletin_id', 'position'], unique=False)
        batch_op.create_index('ix_bulletin_vulnerabilities_vulnerability_id', ['vulnerability_id', 'bulletin_id'], unique=False)

    op.create_table('known_issues',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('bulletin_id', sa.Integer(), nullable=False),
    sa.Column('update', sa.String(length=100), nullable=False),
    sa.Column('details', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['bulletin_id'], ['bulletins.id'], name=op.f('fk_known_issues_bulletin_id_bulletins'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_known_issues'))
    )
    with op.batch_alter_table('known_issues', schema=None) as batch_op:
        batch_op.create_index('ix_known_issues_bulletin_id', ['bulletin_id'], unique=False)

    op.create_table('mitigations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('bulletin_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('layer', sa.String(length=12), nullable=False),
    sa.Column('blocks', sa.Text(), nullable=False),
    sa.Column('steps', sa.JSON(), nullable=False),
    sa.Column('side_effects', sa.Text(), nullable=False),
    sa.Column('article_id', sa.Integer(), nullable=True),
    sa.Column('is_ours', sa.Boolean(), nullable=False),
    sa.Column('is_confirmed', sa.Boolean(), nullable=False),
    sa.Column('confirmed_by_id', sa.Integer(), nullable=True),
    sa.Column('confirmed_at', core.database.db.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['article_id'], ['posts.id'], name=op.f('fk_mitigations_article_id_posts'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['bulletin_id'], ['bulletins.id'], name=op.f('fk_mitigations_bulletin_id_bulletins'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['confirmed_by_id'], ['users.id'], name=op.f('fk_mitigations_confirmed_by_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mitigations')),
    sa.UniqueConstraint('bulletin_id', 'digest', name=op.f('uq_mitigations_bulletin_id_digest'))
    )
    with op.batch_alter_table('mitigations', schema=None) as batch_op:
        batch_op.create_index('ix_mitigations_article_id', ['article_id'], unique=False)
        batch_op.create_index('ix_mitigations_is_confirmed_id', ['is_confirmed', 'id'], unique=False)

    op.create_table('remediations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('bulletin_vulnerability_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('details', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('update', sa.String(length=100), nullable=False),
    sa.Column('supersedes', sa.String(length=100), nullable=False),
    sa.Column('fixed_build', sa.Text(), nullable=False),
    sa.Column('restart', sa.String(length=30), nullable=False),
    sa.Column('can_roll_back', sa.Boolean(), nullable=True),
    sa.Column('product_ids', sa.JSON(), nullable=False),
    sa.Column('more', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['bulletin_vulnerability_id'], ['bulletin_vulnerabilities.id'], name=op.f('fk_remediations_bulletin_vulnerability_id_bulletin_vulnerabilities'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remediations')),
    sa.UniqueConstraint('bulletin_vulnerability_id', 'position', name=op.f('uq_remediations_bulletin_vulnerability_id_position'))
    )
    with op.batch_alter_table('remediations', schema=None) as batch_op:
        batch_op.create_index('ix_remediations_supersedes', ['supersedes'], unique=False)
        batch_op.create_index('ix_remediations_update', ['update'], unique=False)

    op.create_table('affected_releases',
    sa.Column('affected_product_id', sa.Integer(), nullable=False),
    sa.Column('release_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['affected_product_id'], ['affected_products.id'], name=op.f('fk_affected_releases_affected_product_id_affected_products'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['release_id'], ['releases.id'], name=op.f('fk_affected_releases_release_id_releases'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('affected_product_id', 'release_id', name=op.f('pk_affected_releases'))
    )
    with op.batch_alter_table('affected_releases', schema=None) as batch_op:
        batch_op.create_index('ix_affected_releases_release_id', ['release_id'], unique=False)


def downgrade() -> None:
    for table in ('affected_releases', 'remediations', 'mitigations', 'known_issues', 'bulletin_vulnerabilities',
                  'affected_products', 'bulletins', 'vulnerabilities', 'bulletin_counters'):
        op.drop_table(table)
