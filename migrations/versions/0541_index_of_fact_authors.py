"""An index of the authors of fact revisions: an account that is erased looks for them."""

from alembic import op

revision = "0541"
down_revision = "0540"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_fact_revisions_author_id", "fact_revisions", ["author_id"], if_not_exists=True)


def downgrade() -> None:
    op.drop_index("ix_fact_revisions_author_id", "fact_revisions")
