"""Other names of vulnerabilities (GHSA, GCVE, EUVD, …), filled from stored bulletins; reasons for withdrawals."""

import json
import re

import sqlalchemy as sa
from alembic import op

revision = "0570"
down_revision = "0560"
branch_labels = None
depends_on = None

BATCH_SIZE = 500
NAME = re.compile(
    r"CVE-\d{4}-\d{4,19}|GHSA(?:-[0-9A-Z]{4}){3}|GCVE-\d{1,6}-\d{4}-\d{4,19}|EUVD-\d{4}-\d{1,19}"
    r"|(?:PYSEC|RUSTSEC|MAL|GO|OSV|HSEC|RSEC|PSF|CNVD|JVNDB)-\d{4}-\d{1,12}"
    r"|[A-Z]{2,12}-CVE-\d{4}-\d{4,19}|VU#\d{4,8}|BDU:\d{4}-\d{5}",
    re.I | re.A,
)


def upgrade() -> None:
    op.add_column("bulletins", sa.Column("withdrawn_reason", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "vulnerability_aliases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bulletin_vulnerability_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["bulletin_vulnerability_id"],
            ["bulletin_vulnerabilities.id"],
            name=op.f("fk_vulnerability_aliases_bulletin_vulnerability_id_bulletin_vulnerabilities"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vulnerability_aliases")),
        sa.UniqueConstraint(
            "bulletin_vulnerability_id",
            "name",
            name=op.f("uq_vulnerability_aliases_bulletin_vulnerability_id_name"),
        ),
    )
    op.create_index(
        "ix_vulnerability_aliases_name_bulletin_vulnerability_id",
        "vulnerability_aliases",
        ["name", "bulletin_vulnerability_id"],
    )
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """Add the names that the stored documents state for their vulnerabilities."""
    named = sa.table(
        "bulletin_vulnerabilities",
        *map(sa.column, ("id", "bulletin_id", "vulnerability_id", "more")),
    )
    known = sa.table("vulnerabilities", sa.column("id"), sa.column("cve"))
    bulletins = sa.table("bulletins", *map(sa.column, ("id", "tracking_id", "vulnerability_count", "more")))
    aliases = sa.table("vulnerability_aliases", sa.column("bulletin_vulnerability_id"), sa.column("name"))
    has_names = sa.cast(named.c.more, sa.Text).contains("other_ids") | (bulletins.c.vulnerability_count == 1)
    last = 0
    while True:
        rows = connection.execute(
            sa.select(
                named.c.id,
                named.c.more,
                known.c.cve,
                bulletins.c.tracking_id,
                bulletins.c.vulnerability_count,
                bulletins.c.more.label("document"),
            )
            .select_from(
                named.join(bulletins, bulletins.c.id == named.c.bulletin_id).outerjoin(
                    known, known.c.id == named.c.vulnerability_id
                )
            )
            .where(named.c.id > last, has_names)
            .order_by(named.c.id)
            .limit(BATCH_SIZE)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        found = [
            {"bulletin_vulnerability_id": row.id, "name": name}
            for row in rows
            for name in sorted(_names(row) - {row.cve})
        ]
        if found:
            connection.execute(aliases.insert(), found)


def _names(row: sa.Row) -> set[str]:
    said = [pair[-1] for pair in _values(row.more).get("other_ids", ())]
    if row.vulnerability_count == 1:
        said += [row.tracking_id, *_values(row.document).get("aliases", ())]
    return {name for each in said if (name := _name(str(each).strip()))}


def _values(value: object) -> dict:
    return (json.loads(value) if isinstance(value, str) else value) or {}


def _name(text: str) -> str:
    if len(text) > 60 or not NAME.fullmatch(text):
        return ""
    text = text.upper()
    if text.startswith("GCVE-0-"):
        return "CVE-" + text.removeprefix("GCVE-0-")
    return "GHSA" + text[4:].lower() if text.startswith("GHSA") else text


def downgrade() -> None:
    op.drop_table("vulnerability_aliases")
    op.drop_column("bulletins", "withdrawn_reason")
