"""Alembic's entry point: migrations run on the app's engine, on SQLite with foreign keys off.

A batch rebuild of a table with foreign keys on would delete all rows that refer to it; a foreign key check
runs at the end instead. On PostgreSQL an advisory lock lets only one host migrate at a time, and a change
that waits for a busy table fails after a timeout, because the site's queries would queue behind it: run it
again.
"""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import text

from core.database.db import db

config = context.config
ADVISORY_LOCK = 7_363_410  # an arbitrary number


def _render(kind: str, thing: object, autogen: Any) -> str | Literal[False]:
    if kind == "type" and type(thing).__name__ == "UTCDateTime":
        autogen.imports.add("import core.database.db")
        return "core.database.db.UTCDateTime()"
    return False


def run() -> None:
    """Run the migrations in one transaction: all of them, or none."""
    engine = current_app.extensions["migrate"].db.engine
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        if sqlite:
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not sqlite:
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
                    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
                context.configure(
                    connection=connection,
                    target_metadata=db.metadata,
                    render_item=_render,
                    render_as_batch=True,
                    compare_type=True,
                )
                context.run_migrations()
                if sqlite and (broken := raw.execute("PRAGMA foreign_key_check").fetchall()):
                    raise RuntimeError(f"foreign keys broken by the migration: {broken[:5]}")
        finally:
            if sqlite:
                raw.execute("PRAGMA foreign_keys=ON")


run()
