"""Inserts of many rows in a short time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select

from core.database.db import db


def number_rows(rows: Sequence[Any]) -> None:
    """Give new rows of one model their ids, so that a flush inserts them together and not one by one.

    Rows that have an id keep it. The ids are this transaction's own: SQLite has one writer, and PostgreSQL's
    sequence gives none twice.
    """
    new = [row for row in rows if row.id is None]
    if not new:
        return
    table = type(new[0]).__table__
    if db.engine.dialect.name == "sqlite":
        start = db.session.scalar(select(func.coalesce(func.max(table.c.id), 0))) or 0
        ids: Sequence[int] = range(start + 1, start + len(new) + 1)
    else:
        sequence = func.pg_get_serial_sequence(table.name, "id")
        numbers = func.generate_series(1, len(new)).table_valued("number")
        ids = db.session.scalars(select(func.nextval(sequence)).select_from(numbers)).all()
    for row, number in zip(new, ids, strict=True):
        row.id = number


def insert_prepared(model: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert many rows, for which the session would need seconds, in the session's transaction.

    `rows` are values as the database takes them, in the order of `columns`: JSON as text.
    """
    if not rows:
        return
    statement = insert(model.__table__).compile(dialect=db.engine.dialect, column_keys=list(columns))
    if statement.positional:
        order = [columns.index(name) for name in statement.positiontup or ()]
        values: list = [tuple(row[place] for place in order) for row in rows]
    else:
        values = [dict(zip(columns, row, strict=True)) for row in rows]
    db.session.connection().exec_driver_sql(str(statement), values)
