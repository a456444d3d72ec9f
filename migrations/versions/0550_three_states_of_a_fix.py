"""Fixed, no fix (said by the issuer) and not stated are three states; documents keep their status.

Old rows get the state that their remedies say; the worker reads them again (bulletins/tasks.py), which also
derives fixed versions from ranges.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0550"
down_revision = "0541"
branch_labels = None
depends_on = None

NO_FIX_KINDS = ("none_available", "no_fix_planned")
BATCH = 500


def upgrade() -> None:
    state = {"nullable": False, "server_default": ""}
    op.add_column("bulletins", sa.Column("fix_state", sa.String(10), **state))
    op.add_column("bulletins", sa.Column("is_informational", sa.Boolean(), nullable=False,
                                         server_default=sa.false()))
    op.add_column("bulletins", sa.Column("document_status", sa.String(10), nullable=False,
                                         server_default="final"))
    op.add_column("bulletins", sa.Column("reader_edition", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("affected_products", sa.Column("fix_state", sa.String(10), **state))
    op.add_column("bulletin_vulnerabilities", sa.Column("fix_state", sa.String(10), **state))
    op.create_table(
        "exploitation_entries",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("vulnerability_id", sa.Integer(),
                  sa.ForeignKey("vulnerabilities.id", ondelete="CASCADE",
                                name="fk_exploitation_entries_vulnerability_id_vulnerabilities"),
                  nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("listed_on", sa.Date(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.UniqueConstraint("vulnerability_id", "source",
                            name="uq_exploitation_entries_vulnerability_id_source"),
    )
    _set_states()
    op.create_index("ix_bulletins_fix_state_priority_id", "bulletins", ["fix_state", "priority", "id"])
    op.create_index("ix_bulletins_reader_edition", "bulletins", ["reader_edition", "id"])


def _set_states() -> None:
    op.execute("UPDATE bulletin_vulnerabilities SET fix_state = CASE WHEN NOT concerns_any THEN '' "
               "WHEN has_fix THEN 'fixed' ELSE 'not_stated' END")
    op.execute("UPDATE affected_products SET fix_state = CASE WHEN has_fix THEN 'fixed' "
               "ELSE 'not_stated' END WHERE status = 'affected'")
    op.execute("UPDATE affected_products SET fix_state = 'fixed' WHERE status = 'fixed'")
    _set_said_no_fix()
    for state in ("fixed", "not_stated", "no_fix"):  # ascending: the worst one stays
        op.execute(
            f"UPDATE bulletins SET fix_state = '{state}' WHERE EXISTS ("
            "SELECT 1 FROM bulletin_vulnerabilities AS said WHERE said.bulletin_id = bulletins.id "
            f"AND said.fix_state = '{state}') OR EXISTS (SELECT 1 FROM affected_products AS named "
            "WHERE named.bulletin_id = bulletins.id AND named.status = 'affected' "
            f"AND named.fix_state = '{state}')"
        )
    op.execute("UPDATE bulletins SET is_unpatched = (fix_state = 'no_fix')")


def _set_said_no_fix() -> None:
    """The affected products of which a remedy says that there is no fix, and no remedy that there is one."""
    bind = op.get_bind()
    last = 0
    while rows := bind.execute(
        sa.text(
            "SELECT DISTINCT v.id, v.bulletin_id FROM bulletin_vulnerabilities AS v JOIN remediations AS r "
            "ON r.bulletin_vulnerability_id = v.id WHERE v.id > :last AND v.concerns_any "
            "AND r.kind IN ('none_available', 'no_fix_planned') ORDER BY v.id LIMIT :size"
        ),
        {"last": last, "size": BATCH},
    ).all():
        for vulnerability_id, bulletin_id in rows:
            _set_of(bind, vulnerability_id, bulletin_id)
        last = rows[-1][0]


def _set_of(bind: sa.Connection, vulnerability_id: int, bulletin_id: int) -> None:
    remedies = bind.execute(
        sa.text("SELECT kind, product_ids FROM remediations WHERE bulletin_vulnerability_id = :id"),
        {"id": vulnerability_id},
    ).all()
    named: dict[str, set[str]] = {"no": set(), "fix": set()}
    whole = {"no": False, "fix": False}
    for kind, ids in remedies:
        group = "no" if kind in NO_FIX_KINDS else "fix" if kind == "vendor_fix" else ""
        ids = json.loads(ids) if isinstance(ids, str) else ids or []
        if group:
            named[group] |= set(ids)
            whole[group] |= not ids
    if whole["fix"]:
        return
    rows = bind.execute(
        sa.text("SELECT id, key FROM affected_products WHERE bulletin_id = :id AND status = 'affected'"),
        {"id": bulletin_id},
    ).all()
    without = [number for number, key in rows
               if (whole["no"] or key in named["no"]) and key not in named["fix"]]
    for number in without:
        bind.execute(sa.text("UPDATE affected_products SET fix_state = 'no_fix' WHERE id = :id"),
                     {"id": number})
    if without or not rows:
        bind.execute(sa.text("UPDATE bulletin_vulnerabilities SET fix_state = 'no_fix' WHERE id = :id"),
                     {"id": vulnerability_id})


def downgrade() -> None:
    op.execute("UPDATE bulletins SET is_unpatched = (fix_state IN ('no_fix', 'not_stated'))")
    op.drop_index("ix_bulletins_reader_edition", "bulletins")
    op.drop_index("ix_bulletins_fix_state_priority_id", "bulletins")
    op.drop_table("exploitation_entries")
    op.drop_column("bulletin_vulnerabilities", "fix_state")
    op.drop_column("affected_products", "fix_state")
    for column in ("reader_edition", "document_status", "is_informational", "fix_state"):
        op.drop_column("bulletins", column)
