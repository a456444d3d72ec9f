"""The knowledge base from the shell."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from auth.security_log import cli as security_log
from core.cli import ImportReport, run_import
from kb.import_articles import Importer


@click.command("articles")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--source", default=None, help="Name of the collection (default: folder name).")
@with_appcontext
def import_articles(directory: Path, source: str | None) -> None:
    """Import Markdown files from DIRECTORY and below; search finds them when this returns."""
    security_log.note("import-articles")
    report = ImportReport()
    run_import(report, Importer(directory, source or directory.resolve().name, report).run)
