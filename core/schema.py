"""The schema follows the code: every command and the server bring the database to it first."""

from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate, upgrade

from core.config import ROOT
from core.db import db

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


def ensure() -> None:
    """Migrate the database when it is behind the code; safe to call at every start."""
    if not is_current():
        upgrade(directory=str(MIGRATIONS))


def versions_folder() -> Path:
    """Where the migrations lie."""
    return MIGRATIONS / "versions"
