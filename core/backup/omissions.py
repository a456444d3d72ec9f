"""Data that a backup omits: the text of queued mail with a secret link.

Such links would open accounts to anybody who has the archive. The row is stored as mail that has failed; its
recipient has to request another link.
"""

TABLE = "outgoing_mail"
CONDITION = "has_secret AND sent_at IS NULL AND failed_at IS NULL"
VALUES = {
    "body": "''",
    "html": "NULL",
    "unsubscribe_url": "NULL",
    "failed_at": "created_at",
    "error": "'left out of the backup'",
}


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
