"""Data that a backup omits: the text of queued mail with a secret link, and files that wait to be read.

Such links would open accounts to anybody who has the archive. The row is stored as mail that has failed; its
recipient has to request another link. Rows of uploads that are still to be read are left out: redaction does
not reach their content, which is deleted from the site within hours, but would stay in the archive.
"""

from core.registry import Registry

TABLE = "outgoing_mail"
CONDITION = "has_secret AND sent_at IS NULL AND failed_at IS NULL"
VALUES = {
    "body": "''",
    "html": "NULL",
    "unsubscribe_url": "NULL",
    "failed_at": "created_at",
    "error": "'left out of the backup'",
}


_rows: Registry[str, tuple[str, str]] = Registry("rows_without_backup")  # (column, condition) by table


def register_rows_without_backup(table: str, column: str, condition: str) -> None:
    """Leave rows out of backups for which `condition`, SQL about `column`, holds; no others refer to them."""
    _rows.add(table, (column, condition))


def omitted_rows(table: str, columns: list[str]) -> str:
    """SQL condition on the rows of a table, with these columns, that are omitted; empty for none."""
    column, condition = _rows.get(table, ("", ""))
    return condition if column in columns else ""


def applies(columns: list[str]) -> bool:
    """Whether TABLE, with these columns, marks mail with a secret link; an older schema does not."""
    return "has_secret" in columns


def statement() -> str:
    """SQL that removes the omitted data from a copy of the database."""
    changes = ", ".join(f"{column} = {value}" for column, value in VALUES.items())
    return f"UPDATE {TABLE} SET {changes} WHERE {CONDITION}"  # noqa: S608  (no values)


def expression(column: str, quoted: str) -> str:
    """SQL expression for a column of TABLE without the omitted data; `quoted` is its quoted name."""
    if column not in VALUES:
        return quoted
    return f"CASE WHEN {CONDITION} THEN {VALUES[column]} ELSE {quoted} END"
