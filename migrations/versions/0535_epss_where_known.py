"""The EPSS of a bulletin is empty where none of its vulnerabilities has one: 0.0 was no score."""

import sqlalchemy as sa
from alembic import op

revision = "0535"
down_revision = "0534"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("bulletins") as table:
        table.alter_column("epss", existing_type=sa.Double(), nullable=True)
    op.execute("UPDATE bulletins SET epss = NULL WHERE epss = 0 AND NOT EXISTS ("
               "SELECT 1 FROM bulletin_vulnerabilities AS named JOIN vulnerabilities AS known "
               "ON known.id = named.vulnerability_id "
               "WHERE named.bulletin_id = bulletins.id AND known.epss IS NOT NULL)")


def downgrade() -> None:
    op.execute("UPDATE bulletins SET epss = 0 WHERE epss IS NULL")
    with op.batch_alter_table("bulletins") as table:
        table.alter_column("epss", existing_type=sa.Double(), nullable=False)
