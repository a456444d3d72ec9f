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
from flask_babel import gettext as _

from core.backup import copy_postgres, copy_sqlite
from core.backup.archive import Archive, Refused, made
from core.cli import progress_to
from core.config import SECRETS, SETTINGS
from core.database import schema
from core.database.db import db, utcnow

KEY = "secret_key"
UPLOADS = "uploads"
PLACE = "REDOUBT_INSTANCE"


def _store() -> ModuleType:
    """The module that copies this kind of database."""
    return {"sqlite": copy_sqlite, "postgresql": copy_postgres}[db.engine.dialect.name]


def _instance() -> Path:
    return current_app.config["REDOUBT_INSTANCE"]


def backup(target: Path) -> dict:
    """Write the site as it is now to `target`; returns the manifest. Raises Refused."""
    if schema.present() is None:
        raise Refused(_("There is no site yet: the database has no tables."))
    uploads = _uploads()
    _require_space(target.parent, _store().space_needed() + sum(path.stat().st_size for path in uploads))
    with made(target) as (archive, folder):
        manifest = _store().dump(archive, folder)
        if (key := _instance() / KEY).exists() and not current_app.config["REDOUBT_SECRET_KEY"]:
            archive.add(KEY, key)
        for path in uploads:
            archive.add(str(path.relative_to(_instance())), path)
        return archive.close(
            made_at=utcnow(), settings=settings(), unsaid=sorted(_set() & SECRETS), **manifest
        )


def _uploads() -> list[Path]:
    """Plain files below the folder of uploads; a link in it leads elsewhere and is left out."""
    found = (_instance() / UPLOADS).rglob("*")
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def _set() -> set[str]:
    return {setting.name for setting in SETTINGS if os.environ.get(setting.name)}


def settings() -> dict[str, str]:
    """The settings that somebody set and everybody may know."""
    return {name: os.environ[name] for name in sorted(_set() - SECRETS - {PLACE})}


def _require_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Refused(
            _(
                "%(folder)s has %(n)s MB free. This may need %(m)s MB.",
                folder=folder,
                n=f"{free / 1e6:,.0f}",
                m=f"{needed / 1e6:,.0f}",
            )
        )


def restore(archive: Archive) -> None:
    """Fill this empty place from an archive and bring it to the code's schema.

    Raises Refused and leaves the place as empty as it was. The index is the caller's to rebuild.
    """
    _require_fitting(archive)
    with progress_to(archive.size, "checking") as tell:
        archive.verify(tell)
    with _emptied_on_failure():
        schema.migrate_to(archive.manifest["revision"])
        with tempfile.TemporaryDirectory(dir=_instance(), prefix=".restore-") as folder:
            _store().load(archive, Path(folder))
        schema.ensure()
        for name in archive.names(UPLOADS):
            place = _instance() / name
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            archive.unpack(name, place)
        if KEY in archive.manifest["files"]:
            (_instance() / KEY).unlink(missing_ok=True)  # the one this command made when it started
            archive.unpack(KEY, _instance() / KEY)


def _require_fitting(archive: Archive) -> None:
    """Refused unless the archive can be restored here, by this version."""
    kind, ours = archive.manifest["database"], db.engine.dialect.name
    if kind != ours:
        raise Refused(
            _(
                "The archive is from %(theirs)s, but REDOUBT_DATABASE_URL names %(ours)s. Rows "
                "can't be converted: restore it into an empty %(theirs)s "
                "database.",
                theirs=kind,
                ours=ours,
            )
        )
    if (revision := archive.manifest["revision"]) not in schema.REVISIONS:
        raise Refused(
            _(
                "A newer version made this archive (schema %(revision)s). Install that version first.",
                revision=revision,
            )
        )
    if not _store().is_empty():
        raise Refused(
            _(
                "The database already has tables. Restore into an empty one: use another "
                "REDOUBT_INSTANCE, or a new database in REDOUBT_DATABASE_URL."
            )
        )
    if (_instance() / UPLOADS).exists():
        raise Refused(
            _("%(folder)s already exists. Restore into an empty instance.", folder=_instance() / UPLOADS)
        )
    _require_space(_instance(), archive.size * _store().COPIES)


@contextmanager
def _emptied_on_failure() -> Iterator[None]:
    """What was empty before is empty again when a restore fails, for whatever reason."""
    try:
        yield
    except BaseException:
        db.session.remove()
        _store().clear()
        shutil.rmtree(_instance() / UPLOADS, ignore_errors=True)
        raise
