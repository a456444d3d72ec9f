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
ARTICLES = sa.table("articles", sa.column("id", sa.Integer), sa.column("credit_turns", sa.Integer))
FIRST_TURN = LEDGER.c.cause.like("publish:%") & LEDGER.c.cause.not_like("publish:%:%")


def upgrade() -> None:
    with op.batch_alter_table("articles") as articles:
        articles.add_column(sa.Column("credit_turns", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("articles") as articles:
        articles.alter_column("credit_turns", server_default=None)
    op.execute(LEDGER.update().where(FIRST_TURN).values(cause=LEDGER.c.cause + ":0"))
    turns = sa.select(sa.func.count()).where(LEDGER.c.cause.like(
        sa.literal("publish:") + sa.cast(ARTICLES.c.id, sa.String) + ":%")).scalar_subquery()
    op.execute(ARTICLES.update().values(credit_turns=turns))


def downgrade() -> None:
    op.execute(LEDGER.update().where(LEDGER.c.cause.like("publish:%:0")).values(
        cause=sa.func.substr(LEDGER.c.cause, 1, sa.func.length(LEDGER.c.cause) - 2)))
    with op.batch_alter_table("articles") as articles:
        articles.drop_column("credit_turns")
