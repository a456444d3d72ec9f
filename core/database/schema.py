"""The schema follows the code: every command and the server bring the database to it first.

It may be ahead of the code while hosts are upgraded one after the other: the code that was current before
still serves (docs/operations.md, "Upgrade").
"""

import logging
import re
from importlib import import_module
from types import ModuleType
from typing import TypeVar

from flask import current_app
from sqlalchemy import inspect, text

from core.config import ROOT
from core.database.db import analyze_tables, db

log = logging.getLogger(__name__)
T = TypeVar("T")
MIGRATIONS = ROOT / "migrations"
VERSION_TABLE = "alembic_version"
REVISION_LINE = re.compile(r"^(revision|down_revision) = (?:['\"](\w+)['\"]|None)", re.M)


def _chain() -> list[str]:
    """The migrations in the order in which they follow each other, whatever their numbers."""
    steps = [
        dict(REVISION_LINE.findall(file.read_text())) for file in (MIGRATIONS / "versions").glob("[0-9]*.py")
    ]
    after = {step["down_revision"]: step["revision"] for step in steps}
    chain = [after[""]]
    while chain[-1] in after:
        chain.append(after[chain[-1]])
    return chain


REVISIONS = _chain()  # read once: newer files may be laid down while this code serves


def flask_migrate() -> ModuleType:
    """Flask-Migrate, ready for `flask db …` and to migrate the current app's database.

    With Alembic it takes 11 MB, so only who migrates imports it.
    """
    found = import_module("flask_migrate")
    found.Migrate(current_app, db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)
    return found


def current_revision() -> str | None:
    """The migration that the database is at, none when it is empty."""
    with db.engine.connect() as connection:
        there = inspect(connection).has_table(VERSION_TABLE)
        return connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")) if there else None


def is_current() -> bool:
    """Whether the database is at the newest migration."""
    return current_revision() == REVISIONS[-1]


def is_usable() -> bool:
    """Whether this code can serve: the database is at its newest migration or at one it does not know."""
    revision = current_revision()
    return revision is not None and (revision == REVISIONS[-1] or revision not in REVISIONS)


def ensure() -> None:
    """Migrate the database when it is behind the code; safe to call at every start, on many hosts at once."""
    if not is_usable():
        migrate_to(REVISIONS[-1])
        analyze_tables()  # of a new index the planner knows nothing, and takes another


def own_tables(tables: dict[str, T]) -> dict[str, T]:
    """Those of the database's tables that are the site's; of an older schema this version cannot say it."""
    others = set(tables) - set(db.metadata.tables) if is_current() else set()
    for name in sorted(others):
        log.warning("%s is no table of the site: left out", name)
    return {name: facts for name, facts in tables.items() if name not in others}


def migrate_to(revision: str) -> None:
    """Bring the database up to a migration: the newest, or the one under which a backup was written."""
    flask_migrate().upgrade(revision=revision)
