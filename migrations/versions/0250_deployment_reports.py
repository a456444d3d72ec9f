"""Deployment reports, their tallies and thanks, and what calendars were told."""

from alembic import op
import sqlalchemy as sa
import core.database.db

revision = '0250'
down_revision = '0200'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('calendar_marks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=40), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('changed_at', core.database.db.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_marks')),
    sa.UniqueConstraint('uid', name=op.f('uq_calendar_marks_uid'))
    )
    op.create_table('deployment_reports',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('bulletin_id', sa.Integer(), nullable=False),
    sa.Column('target_key', sa.String(length=110), nullable=False),
    sa.Column('release_id', sa.Integer(), nullable=True),
    sa.Column('target', sa.String(length=100), nullable=False),
    sa.Column('ring', sa.String(length=5), nullable=False),
    sa.Column('outcome', sa.String(length=11), nullable=False),
    sa.Column('note', sa.String(length=600), nullable=False),
    sa.Column('helpful_count', sa.Integer(), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.Column('updated_at', core.database.db.UTCDateTime(), nullable=False),
    sa.Column('removed_at', core.database.db.UTCDateTime(), nullable=True),
    sa.Column('removed_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['bulletin_id'], ['bulletins.id'], name=op.f('fk_deployment_reports_bulletin_id_bulletins'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['release_id'], ['releases.id'], name=op.f('fk_deployment_reports_release_id_releases'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['removed_by_id'], ['users.id'], name=op.f('fk_deployment_reports_removed_by_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_deployment_reports_user_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deployment_reports')),
    sa.UniqueConstraint('user_id', 'bulletin_id', 'target_key', name=op.f('uq_deployment_reports_user_id_bulletin_id_target_key'))
    )
    with op.batch_alter_table('deployment_reports', schema=None) as batch_op:
        batch_op.create_index('ix_deployment_reports_bulletin_id_target_key', ['bulletin_id', 'target_key', 'outcome'], unique=False)
        batch_op.create_index('ix_deployment_reports_bulletin_id_updated_at_id', ['bulletin_id', 'updated_at', 'id'], unique=False)

    op.create_table('deployment_tallies',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('bulletin_id', sa.Integer(), nullable=False),
    sa.Column('target_key', sa.String(length=110), nullable=False),
    sa.Column('release_id', sa.Integer(), nullable=True),
    sa.Column('target', sa.String(length=100), nullable=False),
    sa.Column('ok', sa.Integer(), nullable=False),
    sa.Column('issue', sa.Integer(), nullable=False),
    sa.Column('failed', sa.Integer(), nullable=False),
    sa.Column('rolled_back', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['bulletin_id'], ['bulletins.id'], name=op.f('fk_deployment_tallies_bulletin_id_bulletins'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['release_id'], ['releases.id'], name=op.f('fk_deployment_tallies_release_id_releases'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deployment_tallies')),
    sa.UniqueConstraint('bulletin_id', 'target_key', name=op.f('uq_deployment_tallies_bulletin_id_target_key'))
    )
    op.create_table('helpful_marks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('is_on', sa.Boolean(), nullable=False),
    sa.Column('turns', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['deployment_reports.id'], name=op.f('fk_helpful_marks_report_id_deployment_reports'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_helpful_marks_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_helpful_marks')),
    sa.UniqueConstraint('user_id', 'report_id', name=op.f('uq_helpful_marks_user_id_report_id'))
    )
    with op.batch_alter_table('helpful_marks', schema=None) as batch_op:
        batch_op.create_index('ix_helpful_marks_report_id', ['report_id'], unique=False)
        batch_op.create_index('ix_helpful_marks_user_id_author_id', ['user_id', 'author_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('helpful_marks', schema=None) as batch_op:
        batch_op.drop_index('ix_helpful_marks_user_id_author_id')
        batch_op.drop_index('ix_helpful_marks_report_id')

    op.drop_table('helpful_marks')
    op.drop_table('deployment_tallies')
    with op.batch_alter_table('deployment_reports', schema=None) as batch_op:
        batch_op.drop_index('ix_deployment_reports_bulletin_id_updated_at_id')
        batch_op.drop_index('ix_deployment_reports_bulletin_id_target_key')

    op.drop_table('deployment_reports')
    op.drop_table('calendar_marks')
