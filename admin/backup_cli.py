"""`flask backup` and `flask restore`: core/backup, and what higher packages do after a restore."""

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
from core.backup.archive import Archive, Refused
from core.cli import progress
from core.database.db import db, snapshot
from core.database.models import OutgoingMail
from search import documents, handlers

SHOWN = ("users", "posts", "votes", "products", "bulletins", "notifications")


@contextmanager
def _saying(what: str) -> Iterator[None]:
    """End with one sentence when the instance, the archive, the disk or the database fails."""
    try:
        yield
    except (Refused, OSError, SQLAlchemyError, db.engine.dialect.dbapi.Error) as error:
        reason = getattr(error, "orig", None) or error
        raise click.ClickException(f"{what} {reason}") from error


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def backup_command(file: Path) -> None:
    """Back up the whole site to FILE while it is running."""
    with _saying(_("No backup was made.")):
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
    if backup.KEY in manifest["files"]:
        click.echo(_("It contains the signing key: protect it like the site itself."))
    else:
        click.echo(_("It does not contain the signing key: store REDOUBT_SECRET_KEY separately."))


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def restore_command(file: Path) -> None:
    """Restore a backup FILE into an empty instance and check it against the counts in the backup."""
    with _saying(_("Nothing was restored.")), Archive(file) as archive:
        backup.restore(archive)
    click.echo(
        _(
            "Backup of %(when)s UTC: %(counts)s. All counts match the backup, and all references are valid.",
            when=f"{archive.manifest['made_at']:%Y-%m-%d %H:%M}",
            counts=_counts(archive.manifest),
        )
    )
    _say_settings(archive.manifest)
    with progress(documents.everything(), len(documents.keys()), "indexing") as found:
        click.echo(_("Search index: %(n)s documents.", n=handlers.rebuild(found)))
    security_log.record_command("restore")
    with snapshot():
        waiting = db.session.scalar(
            select(func.count()).where(OutgoingMail.sent_at.is_(None), OutgoingMail.failed_at.is_(None))
        )
        faults = reputation.verify()
    click.echo(_("%(n)s emails are queued. The worker sends them when it starts.", n=waiting))
    click.echo("\n".join([*faults, _("Reputation: %(n)s differences.", n=len(faults))]))
    sys.exit(1 if faults else 0)


def _counts(manifest: dict) -> str:
    rows = {name: table["rows"] for name, table in manifest["tables"].items()}
    some = ", ".join(f"{rows[name]:,} {name}" for name in SHOWN if name in rows)
    return _(
        "%(rows)s rows in %(tables)s tables (%(some)s)",
        rows=f"{sum(rows.values()):,}",
        tables=len(rows),
        some=some,
    )


def _say_settings(manifest: dict) -> None:
    """Name what was set where the backup was made and is not so here."""
    here = backup.settings()
    for name, value in manifest["settings"].items():
        if here.get(name) != value:
            click.echo(_("Set %(name)s=%(value)s, as on the original site.", name=name, value=repr(value)))
    for name in manifest["unsaid"]:
        click.echo(_("%(name)s was set. Secrets from the environment are not in a backup.", name=name))
