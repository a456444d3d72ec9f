"""The shell's frame: the shared `import` group, progress bars, and the report every import ends with."""

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
MOST_ERRORS = 1000
MAX_LISTED_LOSSES = 500_000  # in the file of losses; more are only counted
WITH_VALUE = {"-A", "--app", "-e", "--env-file"}  # options of flask itself
NO_SCHEMA_NEEDED = {"run", "routes", "shell", "settings", "backup", "restore"}


class Unusable(Exception):
    """There is nothing to import; the message says what there is instead."""


class ImportReport:
    """What an import did, by noun, and what it could not take; printed as one JSON object, its last line.

    `skipped` may hold more than nouns: a file extension, a kind of row. `losses_file` is where the list of
    losses is written, if anything is lost.
    """

    def __init__(self) -> None:
        self.added, self.updated, self.skipped = Counter(), Counter(), Counter()
        self.losses: Counter = Counter()
        self.errors: list[str] = []
        self.more_errors = self.refused_files = 0
        self.losses_file: Path | None = None
        self._lost: list[tuple[str, str, str, str]] = []

    def fault(self, sentence: str) -> None:
        """Name what could not be used; after MOST_ERRORS they are only counted."""
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(" ".join(sentence.split())[:300])
        else:
            self.more_errors += 1

    def refuse(self, sentence: str) -> None:
        """Name a file that was not used, or not to its end: the command will end with status 1."""
        self.refused_files += 1
        self.fault(sentence)

    def lose(self, kind: str, place: str, what: str, why: str = "") -> None:
        """Count something of the page or row `place` that was not taken, or not as it was."""
        self.losses[kind] += 1
        if len(self._lost) < MAX_LISTED_LOSSES:
            self._lost.append((kind, place, " ".join(what.split())[:500], why))

    def print(self) -> None:
        """Write the report to standard output; name the file of losses on standard error before it."""
        counters = {"added": self.added, "updated": self.updated, "skipped": self.skipped}
        parts = {
            name: {noun: counter[noun] for noun in dict.fromkeys([*NOUNS, *counter])}
            for name, counter in counters.items()
        }
        more = [_("… and %(n)s more", n=f"{self.more_errors:,}")] if self.more_errors else []
        losses = dict(sorted(self.losses.items()))
        if losses and self.losses_file:
            self._list_losses(self.losses_file)
        click.echo(json.dumps({**parts, "errors": self.errors + more, "losses": losses}))

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
    """Where the losses of an import from `source` are listed when nobody says where."""
    name = re.sub(r"[^\w.-]+", "_", source).strip("._")[:80] or "import"
    return Path(current_app.config["REDOUBT_INSTANCE"]) / "imports" / f"{noun}-{name}-losses.csv"


def run_import(report: ImportReport, run: Callable[[], None]) -> None:
    """Run an import that fills `report`, and print that as the last line.

    Ends with status 1 when a file was refused, or all were (Unusable); what could be used is stored then too.
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
    except Unusable as error:
        report.fault(str(error))
        why = str(error)
    finally:
        if why:  # before the report, which stays the last line where both are read together
            click.echo(_("Error: %(why)s", why=why), err=True)
        report.print()
    if why:
        raise click.exceptions.Exit(1)


@contextmanager
def progress(iterable: Iterable, total: int | None, label: str) -> Iterator[Iterable]:
    """A progress bar on standard error around `iterable`."""
    with click.progressbar(iterable, length=total, label=label, file=sys.stderr) as bar:
        yield bar


@contextmanager
def progress_to(total: int, label: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error that is told how far we are; a line each tenth in a log."""
    tenths = 0
    with click.progressbar(length=total, label=label, file=sys.stderr) as bar:

        def to(position: int) -> None:
            nonlocal tenths
            bar.update(position - bar.pos)
            if not sys.stderr.isatty() and total and position * 10 // total > tenths:
                tenths = position * 10 // total
                click.echo(f"{label} {tenths}0 %", err=True)

        yield to


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


def command_of(words: list[str]) -> str | None:
    """The command in what was typed after `flask`; None when only a list of commands is asked for."""
    rest = iter(words)
    for word in rest:
        if word in WITH_VALUE:
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return None


def prepare(command_name: str | None) -> None:
    """Bring the database to the code's schema before a command that uses it; None is a list of commands.

    The doctor fills an empty place too, but says what is behind or cannot be used instead of mending it.
    Raises ClickException when the database is away.
    """
    if command_name in (None, "db"):
        schema.tools()
    elif command_name not in NO_SCHEMA_NEEDED:
        try:
            if command_name != "doctor" or schema.present() is None:
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
