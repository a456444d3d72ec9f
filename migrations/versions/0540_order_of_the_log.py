"""The moderation log is read in the order of time: decisions that an event brings are written later."""

from alembic import op

revision = "0540"
down_revision = "0536"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_decisions_created_at_id", "decisions", ["created_at", "id"], if_not_exists=True)


def downgrade() -> None:
    op.drop_index("ix_decisions_created_at_id", "decisions")
