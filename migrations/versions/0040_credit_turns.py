"""How often an article's points of publishing were given and taken back

Revision ID: 0040
Revises: 0001
"""
import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0030"
branch_labels = None
depends_on = None

LEDGER = sa.table("reputation_events", sa.column("cause", sa.String))


def upgrade() -> None:
    with op.batch_alter_table("articles") as articles:
        articles.add_column(sa.Column("credit_turns", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("articles") as articles:
        articles.alter_column("credit_turns", server_default=None)
    op.execute("UPDATE articles SET credit_turns = 1 "
               "WHERE credited_id IS NOT NULL AND published_at IS NOT NULL")
    op.execute(LEDGER.update().where(LEDGER.c.cause.like("publish:%")).values(cause=LEDGER.c.cause + ":0"))


def downgrade() -> None:
    op.execute(LEDGER.update().where(LEDGER.c.cause.like("publish:%:0")).values(
        cause=sa.func.substr(LEDGER.c.cause, 1, sa.func.length(LEDGER.c.cause) - 2)))
    with op.batch_alter_table("articles") as articles:
        articles.drop_column("credit_turns")
