"""The security log: rows that the database refuses to change, and to delete while they are recent."""

from alembic import op
import sqlalchemy as sa
import core.database.db

revision = '0519'
down_revision = "0516"
branch_labels = None
depends_on = None

INDEXES = (['created_at', 'id'], ['kind', 'created_at', 'id'], ['user_id', 'created_at', 'id'])
SQLITE = """
CREATE TRIGGER security_events_update BEFORE UPDATE ON security_events
BEGIN SELECT RAISE(ABORT, 'the security log is append-only'); END;
CREATE TRIGGER security_events_replace BEFORE INSERT ON security_events
WHEN EXISTS (SELECT 1 FROM security_events WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the security log is append-only'); END;
CREATE TRIGGER security_events_delete BEFORE DELETE ON security_events
WHEN OLD.created_at > strftime('%Y-%m-%d %H:%M:%f', 'now', '-30 days')
BEGIN SELECT RAISE(ABORT, 'recent rows of the security log cannot be deleted'); END;
CREATE TRIGGER security_origins_update BEFORE UPDATE ON security_origins
BEGIN SELECT RAISE(ABORT, 'the security log is append-only'); END;
"""
POSTGRESQL = """
CREATE OR REPLACE FUNCTION security_log_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.created_at < now() - interval '30 days' THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION 'the security log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER security_events_guard BEFORE UPDATE OR DELETE ON security_events
FOR EACH ROW EXECUTE FUNCTION security_log_guard();
CREATE TRIGGER security_events_truncate BEFORE TRUNCATE ON security_events
FOR EACH STATEMENT EXECUTE FUNCTION security_log_guard();
CREATE TRIGGER security_origins_guard BEFORE UPDATE ON security_origins
FOR EACH ROW EXECUTE FUNCTION security_log_guard();
"""


def upgrade() -> None:
    op.create_table('security_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('means', sa.String(length=10), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('created_at', core.database.db.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_security_events'))
    )
    for columns in INDEXES:
        op.create_index('ix_security_events_' + '_'.join(columns), 'security_events', columns)
    op.create_table('security_origins',
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('program', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['security_events.id'], ondelete='CASCADE',
                            name=op.f('fk_security_origins_event_id_security_events')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_security_origins'))
    )
    if op.get_bind().dialect.name == 'sqlite':
        for statement in SQLITE.split('END;'):
            if statement.strip():
                op.execute(f'{statement} END')
    else:
        op.execute(POSTGRESQL)


def downgrade() -> None:
    op.drop_table('security_origins')
    op.drop_table('security_events')
    if op.get_bind().dialect.name != 'sqlite':
        op.execute('DROP FUNCTION security_log_guard()')
