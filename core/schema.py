"""The schema follows the code: every command and the server bring the database to it first.

It may be ahead of the code while hosts are upgraded one after the other: the code that was current before
still serves (docs/operations.md, "Upgrade").
"""

import logging
from pathlib import Path
from typing import TypeVar

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate, upgrade

from core.config import ROOT
from core.db import db, learn_sizes

log = logging.getLogger(__name__)
T = TypeVar("T")
MIGRATIONS = ROOT / "migrations"
migrate = Migrate(directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)


def init_app(app: Flask) -> None:
    """Register `flask db …`."""
    migrate.init_app(app, db)


def _heads() -> tuple[ScriptDirectory, set[str]]:
    """The migrations of this code, and where the database is."""
    with db.engine.connect() as connection:
        return (ScriptDirectory(str(MIGRATIONS)),
                set(MigrationContext.configure(connection).get_current_heads()))


def is_current() -> bool:
    """Whether the database is at the newest migration."""
    script, current = _heads()
    return current == set(script.get_heads())


def is_usable() -> bool:
    """Whether this code can serve: the database is at its newest migration or at one it does not know."""
    script, current = _heads()
    known = {revision.revision for revision in script.walk_revisions()}
    return bool(current) and (current == set(script.get_heads()) or not current <= known)


def revisions() -> set[str]:
    """The migrations this version knows."""
    return {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def ensure() -> None:
    """Migrate the database when it is behind the code; safe to call at every start, on many hosts at once."""
    if not is_usable():
        upgrade(directory=str(MIGRATIONS))
        learn_sizes()  # of a new index the planner knows nothing, and takes another


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
