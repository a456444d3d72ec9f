"""The shell's frame: the shared `import` group, progress bars, and the report every import ends with."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from core import config, schema
from core.database_errors import OUTAGE_ADVICE, is_outage, outage_reason
from core.db import learn_sizes

import_group = click.Group("import", help="Bring content from elsewhere.")
NOUNS = ("users", "questions", "answers", "comments", "votes", "tags", "articles",
         "products", "releases", "bulletins", "vulnerabilities")
MOST_ERRORS = 1000
WITH_VALUE = {"-A", "--app", "-e", "--env-file"}  # options of flask itself
NO_SCHEMA_NEEDED = {"run", "routes", "shell", "settings", "backup", "restore"}


class Unusable(Exception):
    """There is nothing to import; the message says what there is instead."""


class ImportReport:
    """What an import did, by noun; printed as one JSON object, its last line."""

    def __init__(self) -> None:
        self.added, self.updated, self.skipped = Counter(), Counter(), Counter()
        self.errors: list[str] = []
        self.more_errors = self.refused_files = 0

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

    def print(self) -> None:
        """Write the report to standard output."""
        parts = {name: {noun: getattr(self, name)[noun] for noun in NOUNS}
                 for name in ("added", "updated", "skipped")}
        more = [f"… and {self.more_errors:,} more"] if self.more_errors else []
        click.echo(json.dumps({**parts, "errors": self.errors + more}))


def run_import(report: ImportReport, run: Callable[[], None]) -> None:
    """Run an import that fills `report`, and print that as the last line.

    Ends with status 1 when a file was refused, or all were (Unusable); what could be used is stored then too.
    """
    why = ""
    try:
        run()
        learn_sizes()
        if report.refused_files:
            why = f"{report.refused_files:,} refused, as `errors` says. The rest is stored."
    except Unusable as error:
        report.fault(str(error))
        why = str(error)
    finally:
        if why:  # before the report, which stays the last line where both are read together
            click.echo(f"Error: {why}", err=True)
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
    """Hear events, send mail and run scheduled tasks until interrupted."""
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
