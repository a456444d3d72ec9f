"""`flask backup` and `flask restore`: core/backup, then the search index and the reputation ledger."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from auth import reputation
from auth.security_log import cli as security_log
from core.backup import backup
from core.backup.archive import Archive, BackupError
from core.cli import progress
from core.database.db import db, read_snapshot
from core.database.models import OutgoingMail
from search import documents, handlers

COUNTED_TABLES = ("users", "posts", "votes", "products", "bulletins", "notifications")


@contextmanager
def _one_line_errors(message: str) -> Iterator[None]:
    """Turn errors of the instance, archive, disk or database into `message` and their reason."""
    driver = db.engine.dialect.dbapi
    driver_errors = (driver.Error,) if driver is not None else ()
    try:
        yield
    except (BackupError, OSError, SQLAlchemyError, *driver_errors) as error:
        reason = getattr(error, "orig", None) or error
        raise click.ClickException(f"{message} {reason}") from error


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def backup_command(file: Path) -> None:
    """Back up the whole site to FILE while it is running."""
    with _one_line_errors(_("No backup was made.")):
        manifest = backup.backup(file)
    security_log.record_export()
    click.echo(
        _(
            "%(file)s: %(size)s bytes, schema %(schema)s, %(counts)s",
            file=file,
            size=f"{file.stat().st_size:,}",
            schema=manifest["revision"],
            counts=_counts(manifest),
        )
    )
    if backup.SECRET_KEY_FILE in manifest["files"]:
        click.echo(_("It contains the signing key: protect it like the site itself."))
    else:
        click.echo(_("It does not contain the signing key: store REDOUBT_SECRET_KEY separately."))


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def restore_command(file: Path) -> None:
    """Restore a backup FILE into an empty instance and check it against the counts in the backup."""
    with _one_line_errors(_("Nothing was restored.")), Archive(file) as archive:
        backup.restore(archive)
    click.echo(
        _(
            "Backup of %(when)s UTC: %(counts)s. All counts match the backup, and all references are valid.",
            when=f"{archive.manifest['made_at']:%Y-%m-%d %H:%M}",
            counts=_counts(archive.manifest),
        )
    )
    _print_settings(archive.manifest)
    with progress(documents.all_documents(), len(documents.public_keys()), "indexing") as found:
        click.echo(_("Search index: %(n)s documents.", n=handlers.rebuild(found)))
    security_log.record_command("restore")
    with read_snapshot():
        queued = db.session.scalar(
            select(func.count()).where(OutgoingMail.sent_at.is_(None), OutgoingMail.failed_at.is_(None))
        )
        faults = reputation.verify()
    click.echo(_("%(n)s emails are queued. The worker sends them when it starts.", n=queued))
    click.echo("\n".join([*faults, _("Reputation: %(n)s differences.", n=len(faults))]))
    sys.exit(1 if faults else 0)


def _counts(manifest: dict) -> str:
    rows = {name: table["rows"] for name, table in manifest["tables"].items()}
    some = ", ".join(f"{rows[name]:,} {name}" for name in COUNTED_TABLES if name in rows)
    return _(
        "%(rows)s rows in %(tables)s tables (%(some)s)",
        rows=f"{sum(rows.values()):,}",
        tables=len(rows),
        some=some,
    )


def _print_settings(manifest: dict) -> None:
    """Print the settings of the original site that this instance does not have."""
    current = backup.public_settings()
    for name, value in manifest["settings"].items():
        if current.get(name) != value:
            click.echo(_("Set %(name)s=%(value)s, as on the original site.", name=name, value=repr(value)))
    for name in manifest["unsaid"]:
        click.echo(_("%(name)s was set. Secrets from the environment are not in a backup.", name=name))
