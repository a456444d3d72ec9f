"""Migrations: every command and the server migrate the database to the code's schema first.

The database may be ahead of the code while hosts are upgraded one after the other: the previous release still
works with it (docs/operations.md, "Upgrade").
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
    """The ids of the migrations from the first to the newest."""
    steps = [
        dict(REVISION_LINE.findall(file.read_text())) for file in (MIGRATIONS / "versions").glob("[0-9]*.py")
    ]
    after = {step["down_revision"]: step["revision"] for step in steps}
    chain = [after[""]]
    while chain[-1] in after:
        chain.append(after[chain[-1]])
    return chain


REVISIONS = _chain()  # read once: newer files may be installed while this code serves


def flask_migrate() -> ModuleType:
    """The module Flask-Migrate, initialised for the current app and `flask db …`.

    With Alembic it takes 11 MB, so it is imported only for migrations.
    """
    found = import_module("flask_migrate")
    found.Migrate(current_app, db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)
    return found


def current_revision() -> str | None:
    """The id of the database's migration; None when it has no tables."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        return connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  (no values)


def is_current() -> bool:
    """Whether the database is at the newest migration."""
    return current_revision() == REVISIONS[-1]


def is_usable() -> bool:
    """Whether this code can serve: the database is at its newest migration, or at an unknown (newer) one."""
    revision = current_revision()
    return revision is not None and (revision == REVISIONS[-1] or revision not in REVISIONS)


def ensure() -> None:
    """Migrate the database when it is behind the code; safe at every start, also on several hosts at once."""
    if not is_usable():
        migrate_to(REVISIONS[-1])
        analyze_tables()  # the planner ignores a new index without statistics


def own_tables(tables: dict[str, T]) -> dict[str, T]:
    """Those of `tables` that are the site's; all, when the database is not at the newest migration."""
    others = set(tables) - set(db.metadata.tables) if is_current() else set()
    for name in sorted(others):
        log.warning("%s is no table of the site: left out", name)
    return {name: facts for name, facts in tables.items() if name not in others}


def migrate_to(revision: str) -> None:
    """Migrate the database up to a revision: the newest, or that of a backup."""
    flask_migrate().upgrade(revision=revision)
