"""The index from the shell."""

import click
from flask import current_app
from flask.cli import AppGroup

from core.cli import progress
from search import documents

group = AppGroup("search", help="The index.")


@group.command("rebuild")
def rebuild() -> None:
    """Write the index anew from the database while the site serves the old one."""
    with progress(documents.everything(), None, "indexing") as rows:
        count = current_app.extensions["search"].rebuild(rows)
    click.echo(f"{count} documents")
