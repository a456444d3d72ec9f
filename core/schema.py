"""The schema follows the code: every command and the server bring the database to it first."""

import logging
from pathlib import Path
from typing import TypeVar

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate, upgrade

from core.config import ROOT
from core.db import db

log = logging.getLogger(__name__)
T = TypeVar("T")
MIGRATIONS = ROOT / "migrations"
migrate = Migrate(directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)


def init_app(app: Flask) -> None:
    """Register `flask db …`."""
    migrate.init_app(app, db)


def is_current() -> bool:
    """Whether the database is at the newest migration."""
    script = ScriptDirectory(str(MIGRATIONS))
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
    return set(current) == set(script.get_heads())


def revisions() -> set[str]:
    """The migrations this version knows."""
    return {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def ensure() -> None:
    """Migrate the database when it is behind the code; safe to call at every start."""
    if not is_current():
        upgrade(directory=str(MIGRATIONS))


def ours(tables: dict[str, T]) -> dict[str, T]:
    """Those of the database's tables that are the site's; of an older schema this version cannot say it."""
    others = set(tables) - set(db.metadata.tables) if is_current() else set()
    for name in sorted(others):
        log.warning("%s is no table of the site: left out", name)
    return {name: facts for name, facts in tables.items() if name not in others}


def migrate_to(revision: str) -> None:
    """Bring an empty database to an older schema, to be filled with what was written under it."""
    upgrade(directory=str(MIGRATIONS), revision=revision)


def versions_folder() -> Path:
    """Where the migrations lie."""
    return MIGRATIONS / "versions"
