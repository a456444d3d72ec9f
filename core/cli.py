"""Base of the commands: the shared `import` group, progress bars, and the report that ends every import."""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError

from core import config
from core.database import schema
from core.database.db import analyze_tables
from core.formats.csv_files import to_csv
from core.web.database_errors import OUTAGE_ADVICE, is_outage, outage_reason

import_group = click.Group("import", help="Import content.")
NOUNS = (
    "users",
    "questions",
    "answers",
    "comments",
    "votes",
    "tags",
    "articles",
    "products",
    "releases",
    "bulletins",
    "vulnerabilities",
)
MAX_LISTED_ERRORS = 1000
MAX_LISTED_LOSSES = 500_000  # in the file of losses; further ones are only counted
OPTIONS_WITH_VALUE = {"-A", "--app", "-e", "--env-file"}  # options of flask itself
NO_SCHEMA_NEEDED = {"run", "routes", "shell", "settings", "backup", "restore"}


class NothingToImport(Exception):
    """The source has nothing to import; the message says what it has instead."""


class ImportReport:
    """Counts of what an import did, by noun, and of what it did not take; printed as one JSON object.

    `skipped` may have other keys than NOUNS: a file extension, a kind of row. The list of losses is written
    to `losses_file` if there are any. `not_published` has what was stored but is not on the site, each with
    the reason; the JSON has it only if there is any.
    """

    def __init__(self) -> None:
        self.added: Counter[str] = Counter()
        self.updated: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.losses: Counter[str] = Counter()
        self.errors: list[str] = []
        self.not_published: list[str] = []
        self.more_not_published = 0
        self.more_errors = 0
        self.refused_files = 0
        self.losses_file: Path | None = None
        self._lost: list[tuple[str, str, str, str]] = []

    def add_error(self, sentence: str) -> None:
        """List a message about unusable input; after MAX_LISTED_ERRORS they are only counted."""
        if len(self.errors) < MAX_LISTED_ERRORS:
            self.errors.append(" ".join(sentence.split())[:300])
        else:
            self.more_errors += 1

    def add_not_published(self, sentence: str) -> None:
        """List what is stored but not on the site, with the reason; after MAX_LISTED_ERRORS only counted."""
        if len(self.not_published) < MAX_LISTED_ERRORS:
            self.not_published.append(" ".join(sentence.split())[:300])
        else:
            self.more_not_published += 1

    def reject_file(self, sentence: str) -> None:
        """List a file that was not, or not completely, imported: the command will exit with status 1."""
        self.refused_files += 1
        self.add_error(sentence)

    def add_loss(self, kind: str, place: str, what: str, why: str = "") -> None:
        """Count something of the page or row `place` that was not imported, or not unchanged."""
        self.losses[kind] += 1
        if len(self._lost) < MAX_LISTED_LOSSES:
            self._lost.append((kind, place, " ".join(what.split())[:500], why))

    def print(self) -> None:
        """Write the report to standard output, after the path of the list of losses on standard error."""
        counters = {"added": self.added, "updated": self.updated, "skipped": self.skipped}
        parts = {
            name: {noun: counter[noun] for noun in dict.fromkeys([*NOUNS, *counter])}
            for name, counter in counters.items()
        }
        more = [_("… and %(n)s more", n=f"{self.more_errors:,}")] if self.more_errors else []
        losses = dict(sorted(self.losses.items()))
        if losses and self.losses_file:
            self._list_losses(self.losses_file)
        waiting = self.not_published
        if self.more_not_published:
            waiting = [*waiting, _("… and %(n)s more", n=f"{self.more_not_published:,}")]
        rest = {"not_published": waiting} if waiting else {}
        click.echo(json.dumps({**parts, "errors": self.errors + more, "losses": losses, **rest}))

    def _list_losses(self, path: Path) -> None:
        counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.losses.items()))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", newline="", encoding="utf-8", errors="replace") as file:
                file.write(to_csv(("kind", "page", "what", "why"), self._lost))
        except OSError as error:
            click.echo(
                _(
                    "Not imported: %(counts)s. The list could not be written: %(path)s: %(why)s.",
                    counts=counts,
                    path=path,
                    why=error.strerror,
                ),
                err=True,
            )
        else:
            click.echo(_("Not imported: %(counts)s. The list: %(path)s", counts=counts, path=path), err=True)


def losses_file(noun: str, source: str) -> Path:
    """The default path for the list of losses of an import from `source`."""
    name = re.sub(r"[^\w.-]+", "_", source).strip("._")[:80] or "import"
    return Path(current_app.config["REDOUBT_INSTANCE"]) / "imports" / f"{noun}-{name}-losses.csv"


def run_import(report: ImportReport, run: Callable[[], None]) -> None:
    """Run an import that fills `report`, and print the report as the last line.

    Ends with status 1 when a file was refused, or all were (NothingToImport); the rest is stored then too.
    """
    why = ""
    try:
        run()
        analyze_tables()
        if report.refused_files:
            why = _(
                "%(n)s files refused; `errors` has the reasons. The rest is stored.",
                n=f"{report.refused_files:,}",
            )
    except NothingToImport as error:
        report.add_error(str(error))
        why = str(error)
    finally:
        if why:  # before the report, which has to stay the last line when both streams are merged
            click.echo(_("Error: %(why)s", why=why), err=True)
        report.print()
    if why:
        raise click.exceptions.Exit(1)


@contextmanager
def progress(iterable: Iterable, total: int | None, label: str) -> Iterator[Iterable]:
    """Show a progress bar on standard error while `iterable` is consumed."""
    with click.progressbar(iterable, length=total, label=label, file=sys.stderr) as bar:
        yield bar


@contextmanager
def progress_callback(total: int, label: str) -> Iterator[Callable[[int], None]]:
    """Yield a function that moves a progress bar on standard error; in a log it prints a line per tenth."""
    tenths = 0
    with click.progressbar(length=total, label=label, file=sys.stderr) as bar:

        def report(position: int) -> None:
            nonlocal tenths
            bar.update(position - bar.pos)
            if not sys.stderr.isatty() and total and position * 10 // total > tenths:
                tenths = position * 10 // total
                click.echo(f"{label} {tenths}0 %", err=True)

        yield report


@click.command("settings")
@with_appcontext
def settings_command() -> None:
    """Print the settings table (docs/settings.md)."""
    click.echo(config.documentation(), nl=False)


@click.command("worker")
@with_appcontext
def worker_command() -> None:
    """Handle events, send email and run scheduled tasks until interrupted."""
    current_app.extensions["worker"].run()


def command_name(words: list[str]) -> str | None:
    """The command among the arguments of `flask`; None when there is none (a list of commands)."""
    rest = iter(words)
    for word in rest:
        if word in OPTIONS_WITH_VALUE:
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return None


def prepare_database(command_name: str | None) -> None:
    """Migrate the database before a command that uses it; None is a list of commands.

    `doctor` creates a missing schema too, but only reports an old schema or an unusable database.
    Raises ClickException when the database is unavailable.
    """
    if command_name in (None, "db"):
        schema.flask_migrate()
    elif command_name not in NO_SCHEMA_NEEDED:
        try:
            if command_name != "doctor" or schema.current_revision() is None:
                schema.ensure()
        except DBAPIError as error:
            if command_name == "doctor":
                return
            if not is_outage(error):
                raise
            raise click.ClickException(f"{outage_reason(error)} {OUTAGE_ADVICE}") from error


def init_app(app: Flask) -> None:
    """Register core's commands."""
    for command in (import_group, settings_command, worker_command):
        app.cli.add_command(command)
