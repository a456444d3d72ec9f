"""The shell's frame: the shared `import` group, progress bars, and the report every import ends with."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from core import config, schema

import_group = click.Group("import", help="Bring content from elsewhere.")
NOUNS = ("users", "questions", "answers", "comments", "votes", "tags", "articles",
         "products", "releases", "bulletins", "vulnerabilities")
NO_SCHEMA_NEEDED = {"db", "run", "routes", "shell", "settings"}


class ImportReport:
    """What an import did, by noun; printed as one JSON object, its last line."""

    def __init__(self) -> None:
        self.added, self.updated, self.skipped = Counter(), Counter(), Counter()
        self.errors: list[str] = []

    def print(self) -> None:
        """Write the report to standard output."""
        parts = {name: {noun: getattr(self, name)[noun] for noun in NOUNS}
                 for name in ("added", "updated", "skipped")}
        click.echo(json.dumps({**parts, "errors": self.errors}))


@contextmanager
def progress(iterable: Iterable, total: int | None, label: str) -> Iterator[Iterable]:
    """A progress bar on standard error around `iterable`."""
    with click.progressbar(iterable, length=total, label=label, file=sys.stderr) as bar:
        yield bar


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


def prepare(command_name: str | None) -> None:
    """Bring the database to the code's schema before a command that uses it."""
    if command_name not in NO_SCHEMA_NEEDED:
        schema.ensure()


def init_app(app: Flask) -> None:
    """Register core's commands."""
    for command in (import_group, settings_command, worker_command):
        app.cli.add_command(command)
