"""The fields of forms that wait for their account are JSON: redaction masks what they say, not its spelling."""

import sqlalchemy as sa
from alembic import op

revision = "0541"
down_revision = "0540"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("unsent_forms") as batch:
        batch.alter_column("fields", existing_type=sa.Text(), type_=sa.JSON(), existing_nullable=False,
                           postgresql_using="fields::json")


def downgrade() -> None:
    with op.batch_alter_table("unsent_forms") as batch:
        batch.alter_column("fields", existing_type=sa.JSON(), type_=sa.Text(), existing_nullable=False,
                           postgresql_using="fields::text")
