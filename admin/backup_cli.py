"""`flask backup` and `flask restore`: core/backup, and what higher packages do after a restore."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import with_appcontext
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
    """End with one sentence when a place, an archive, the disk or the database will not do."""
    try:
        yield
    except (Refused, OSError, SQLAlchemyError, db.engine.dialect.dbapi.Error) as error:
        reason = getattr(error, "orig", None) or error
        raise click.ClickException(f"{what} {reason}") from error


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def backup_command(file: Path) -> None:
    """Copy the whole site into FILE while it serves."""
    with _saying("No backup was made."):
        manifest = backup.backup(file)
    security_log.record_export()
    click.echo(f"{file}: {file.stat().st_size:,} bytes, schema {manifest['revision']}, {_counts(manifest)}")
    if backup.KEY in manifest["files"]:
        click.echo("The key that signs links is in it: keep it as you keep the site.")
    else:
        click.echo("The key that signs links is not in it: keep REDOUBT_SECRET_KEY elsewhere.")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def restore_command(file: Path) -> None:
    """Fill an empty place from a backup FILE, then compare it with what the backup counted."""
    with _saying("Nothing was restored."), Archive(file) as archive:
        backup.restore(archive)
    click.echo(
        f"Of {archive.manifest['made_at']:%Y-%m-%d %H:%M} UTC: {_counts(archive.manifest)}; "
        "every count is that of the backup, every reference leads somewhere."
    )
    _say_settings(archive.manifest)
    with progress(documents.everything(), len(documents.keys()), "indexing") as found:
        click.echo(f"Search index: {handlers.rebuild(found)} documents.")
    security_log.record_command("restore")
    with snapshot():
        waiting = db.session.scalar(
            select(func.count()).where(OutgoingMail.sent_at.is_(None), OutgoingMail.failed_at.is_(None))
        )
        faults = reputation.verify()
    click.echo(f"{waiting} mails wait; the worker sends them when it starts.")
    click.echo("\n".join([*faults, f"Reputation: {len(faults)} differences."]))
    sys.exit(1 if faults else 0)


def _counts(manifest: dict) -> str:
    rows = {name: table["rows"] for name, table in manifest["tables"].items()}
    some = ", ".join(f"{rows[name]:,} {name}" for name in SHOWN if name in rows)
    return f"{sum(rows.values()):,} rows in {len(rows)} tables ({some})"


def _say_settings(manifest: dict) -> None:
    """Name what was set where the backup was made and is not so here."""
    here = backup.settings()
    for name, value in manifest["settings"].items():
        if here.get(name) != value:
            click.echo(f"Set {name}={value!r} as it was.")
    for name in manifest["unsaid"]:
        click.echo(f"{name} was set; secrets from the environment are not in a backup.")
