"""Backup of a site into one file while it serves, and restore of a site from such a file.

It holds a snapshot of the database, the files of the folder `uploads`, the key that signs the links in mail
already sent, and the settings that are not secret. It does not hold the search index (it is rebuilt, never
restored), tasks and mail already written to files, secrets from the environment, the text of queued mail with
a secret link, and files that wait to be read (core/backup/omissions.py).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from flask import current_app
from flask_babel import gettext as _

from core.backup import copy_postgres, copy_sqlite
from core.backup.archive import Archive, BackupError, new_archive
from core.cli import progress_callback
from core.config import SECRETS, SETTINGS
from core.database import schema
from core.database.db import db, utcnow

SECRET_KEY_FILE = "secret_key"  # noqa: S105  (a file name)
UPLOADS_FOLDER = "uploads"
INSTANCE_SETTING = "REDOUBT_INSTANCE"


def _database_copy() -> ModuleType:
    """The module that copies this kind of database."""
    return {"sqlite": copy_sqlite, "postgresql": copy_postgres}[db.engine.dialect.name]


def _instance() -> Path:
    return current_app.config["REDOUBT_INSTANCE"]


def backup(target: Path) -> dict:
    """Write the current site to the new file `target`; returns the manifest. Raises BackupError."""
    if schema.current_revision() is None:
        raise BackupError(_("There is no site yet: the database has no tables."))
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
    """Regular files below the folder of uploads, without symbolic links."""
    found = (_instance() / UPLOADS_FOLDER).rglob("*")
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def _names_of_set() -> set[str]:
    return {setting.name for setting in SETTINGS if os.environ.get(setting.name)}


def public_settings() -> dict[str, str]:
    """The settings that were set and are not secret, by name."""
    return {name: os.environ[name] for name in sorted(_names_of_set() - SECRETS - {INSTANCE_SETTING})}


def _require_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackupError(
            _(
                "%(folder)s has %(n)s MB free. This may need %(m)s MB.",
                folder=folder,
                n=f"{free / 1e6:,.0f}",
                m=f"{needed / 1e6:,.0f}",
            )
        )


def restore(archive: Archive) -> None:
    """Fill an empty instance and database from an archive and migrate it to the code's schema.

    Raises BackupError, and leaves both empty then. The caller has to rebuild the search index.
    """
    _require_fitting(archive)
    with progress_callback(archive.size, "checking") as report:
        archive.verify(report)
    with _emptied_on_failure():
        schema.migrate_to(archive.manifest["revision"])
        with tempfile.TemporaryDirectory(dir=_instance(), prefix=".restore-") as folder:
            _database_copy().load(archive, Path(folder))
        schema.ensure()
        for name in archive.names(UPLOADS_FOLDER):
            path = _instance() / name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            archive.unpack(name, path)
        if SECRET_KEY_FILE in archive.manifest["files"]:
            (_instance() / SECRET_KEY_FILE).unlink(
                missing_ok=True
            )  # the one this command made when it started
            archive.unpack(SECRET_KEY_FILE, _instance() / SECRET_KEY_FILE)


def _require_fitting(archive: Archive) -> None:
    """Raise BackupError unless this version can restore the archive here."""
    kind = archive.manifest["database"]
    own_kind = db.engine.dialect.name
    if kind != own_kind:
        raise BackupError(
            _(
                "The archive is from %(theirs)s, but REDOUBT_DATABASE_URL names %(ours)s. Rows "
                "can't be converted: restore it into an empty %(theirs)s "
                "database.",
                theirs=kind,
                ours=own_kind,
            )
        )
    if (revision := archive.manifest["revision"]) not in schema.REVISIONS:
        raise BackupError(
            _(
                "A newer version made this archive (schema %(revision)s). Install that version first.",
                revision=revision,
            )
        )
    if not _database_copy().is_empty():
        raise BackupError(
            _(
                "The database already has tables. Restore into an empty one: use another "
                "REDOUBT_INSTANCE, or a new database in REDOUBT_DATABASE_URL."
            )
        )
    if (_instance() / UPLOADS_FOLDER).exists():
        raise BackupError(
            _(
                "%(folder)s already exists. Restore into an empty instance.",
                folder=_instance() / UPLOADS_FOLDER,
            )
        )
    _require_space(_instance(), archive.size * _database_copy().COPIES_NEEDED)


@contextmanager
def _emptied_on_failure() -> Iterator[None]:
    """Empty the database and the uploads again when the block fails."""
    try:
        yield
    except BaseException:
        db.session.remove()
        _database_copy().clear()
        shutil.rmtree(_instance() / UPLOADS_FOLDER, ignore_errors=True)
        raise
