"""Shell commands of the search index."""

import click
from flask.cli import AppGroup

from core.cli import progress
from search import documents, handlers

group = AppGroup("search", help="The index.")


@group.command("rebuild")
def rebuild() -> None:
    """Write the index anew from the database while the site serves the old one."""
    with progress(documents.all_documents(), len(documents.public_keys()), "indexing") as found:
        count = handlers.rebuild(found)
    click.echo(f"{count} documents")
