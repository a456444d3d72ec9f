"""The index from the shell."""

import click
from flask.cli import AppGroup
from flask_babel import ngettext

from core.cli import progress
from search import documents, handlers

group = AppGroup("search", help="Search index.")


@group.command("rebuild")
def rebuild() -> None:
    """Rebuild the index from the database. The site uses the old one until it is done."""
    with progress(documents.everything(), len(documents.keys()), "indexing") as found:
        count = handlers.rebuild(found)
    click.echo(ngettext("%(num)s document", "%(num)s documents", count))
