"""Everything of a site in one file while it serves, and a site from such a file.

In it: the database at one moment, what lies in the folder `uploads`, the key that signs the links in mail
already sent, and the settings that are no secret. Not in it: the search index (postings are pickles: rebuilt,
never restored), tasks and mail already written to files, secrets that come from the environment, and the text
of mail that waits with a link in it (core/backup/omissions.py).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from flask import current_app

from core.backup import copy_postgres, copy_sqlite
from core.backup.archive import Archive, BackupError, new_archive
from core.cli import progress_callback
from core.config import SECRETS, SETTINGS
from core.database import schema
from core.database.db import db, utcnow

SECRET_KEY_FILE = "secret_key"
UPLOADS_FOLDER = "uploads"
INSTANCE_SETTING = "REDOUBT_INSTANCE"


def _database_copy() -> ModuleType:
    """The module that copies this kind of database."""
    return {"sqlite": copy_sqlite, "postgresql": copy_postgres}[db.engine.dialect.name]


def _instance() -> Path:
    return current_app.config["REDOUBT_INSTANCE"]


def backup(target: Path) -> dict:
    """Write the site as it is now to `target`; returns the manifest. Raises Refused."""
    if schema.current_revision() is None:
        raise BackupError("There is no site here yet: the database has no tables.")
    uploads = _uploads()
    _require_space(
        target.parent, _database_copy().space_needed() + sum(path.stat().st_size for path in uploads)
    )
    with new_archive(target) as (archive, folder):
        manifest = _database_copy().dump(archive, folder)
        if (key := _instance() / SECRET_KEY_FILE).exists() and not current_app.config["REDOUBT_SECRET_KEY"]:
            archive.add(SECRET_KEY_FILE, key)
        for path in uploads:
            archive.add(str(path.relative_to(_instance())), path)
        return archive.close(
            made_at=utcnow(), settings=public_settings(), unsaid=sorted(_names_of_set() & SECRETS), **manifest
        )


def _uploads() -> list[Path]:
    """Plain files below the folder of uploads; a link in it leads elsewhere and is left out."""
    found = (_instance() / UPLOADS_FOLDER).rglob("*")
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def _names_of_set() -> set[str]:
    return {setting.name for setting in SETTINGS if os.environ.get(setting.name)}


def public_settings() -> dict[str, str]:
    """The settings that somebody set and everybody may know."""
    return {name: os.environ[name] for name in sorted(_names_of_set() - SECRETS - {INSTANCE_SETTING})}


def _require_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackupError(
            f"{folder} has {free / 1e6:,.0f} MB free, and this may take {needed / 1e6:,.0f} MB."
        )


def restore(archive: Archive) -> None:
    """Fill this empty place from an archive and bring it to the code's schema.

    Raises Refused and leaves the place as empty as it was. The index is the caller's to rebuild.
    """
    _require_fitting(archive)
    with progress_callback(archive.size, "checking") as tell:
        archive.verify(tell)
    with _emptied_on_failure():
        schema.migrate_to(archive.manifest["revision"])
        with tempfile.TemporaryDirectory(dir=_instance(), prefix=".restore-") as folder:
            _database_copy().load(archive, Path(folder))
        schema.ensure()
        for name in archive.names(UPLOADS_FOLDER):
            place = _instance() / name
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            archive.unpack(name, place)
        if SECRET_KEY_FILE in archive.manifest["files"]:
            (_instance() / SECRET_KEY_FILE).unlink(
                missing_ok=True
            )  # the one this command made when it started
            archive.unpack(SECRET_KEY_FILE, _instance() / SECRET_KEY_FILE)


def _require_fitting(archive: Archive) -> None:
    """Refused unless the archive can be restored here, by this version."""
    kind, ours = archive.manifest["database"], db.engine.dialect.name
    if kind != ours:
        raise BackupError(
            f"The archive is of {kind}, and REDOUBT_DATABASE_URL names {ours}. Restore it into an "
            f"empty {kind} database: rows are not carried from one to the other."
        )
    if (revision := archive.manifest["revision"]) not in schema.REVISIONS:
        raise BackupError(
            f"The archive has schema {revision}, which this version does not know: it was made by "
            "a newer one. Install that first."
        )
    if not _database_copy().is_empty():
        raise BackupError(
            "The database has tables already. Restore into an empty place: another "
            "REDOUBT_INSTANCE, or a new database in REDOUBT_DATABASE_URL."
        )
    if (_instance() / UPLOADS_FOLDER).exists():
        raise BackupError(f"{_instance() / UPLOADS_FOLDER} is there already. Restore into an empty place.")
    _require_space(_instance(), archive.size * _database_copy().COPIES)


@contextmanager
def _emptied_on_failure() -> Iterator[None]:
    """What was empty before is empty again when a restore fails, for whatever reason."""
    try:
        yield
    except BaseException:
        db.session.remove()
        _database_copy().clear()
        shutil.rmtree(_instance() / UPLOADS_FOLDER, ignore_errors=True)
        raise
