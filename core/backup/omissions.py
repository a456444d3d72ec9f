"""What a backup leaves out of the rows: the text of mail that waits with a link in it.

Whoever has the archive could open accounts with such links. The row stays, as a mail that was given up:
whoever waits for that link asks for another.
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
    """Whether TABLE, with these columns, says which mails hold a link; that of an older schema does not."""
    return "has_secret" in columns


def statement() -> str:
    """Changes the rows of a copy."""
    changes = ", ".join(f"{column} = {value}" for column, value in VALUES.items())
    return f"UPDATE {TABLE} SET {changes} WHERE {CONDITION}"


def expression(column: str, quoted: str) -> str:
    """Reads a column of TABLE as it goes into the backup."""
    if column not in VALUES:
        return quoted
    return f"CASE WHEN {CONDITION} THEN {VALUES[column]} ELSE {quoted} END"
