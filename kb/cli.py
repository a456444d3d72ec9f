"""Commands of the knowledge base."""

import re
from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from auth.security_log import cli as security_log
from core.cli import ImportReport, losses_file, run_import
from kb.markdown.import_articles import Importer


@click.command("articles")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--source", default=None, help="Name of the collection (default: folder name).")
@click.option(
    "--base-url",
    default="",
    metavar="URL",
    help="Public address of the folder; links to files that are not imported point there.",
)
@click.option(
    "--unpublish-missing",
    is_flag=True,
    help="Unpublish articles whose files were removed since the last import.",
)
@click.option(
    "--losses",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    metavar="FILE",
    help="CSV file that lists what was not imported (default: in the instance folder).",
)
@with_appcontext
def import_articles(
    directory: Path, source: str | None, base_url: str, unpublish_missing: bool, losses: Path | None
) -> None:
    """Import Markdown files from DIRECTORY and its subfolders, and index them for search."""
    if base_url and not re.fullmatch(r"https?://[^\s?#<>\"']+", base_url):
        raise click.BadParameter(
            _("use the form https://github.com/NAME/REPOSITORY/blob/main"), param_hint="--base-url"
        )
    security_log.record_command("import-articles")
    source, report = source or directory.resolve().name, ImportReport()
    report.losses_file = losses or losses_file("articles", source)
    run_import(
        report,
        Importer(directory, source, report, base_url=base_url, unpublish_missing=unpublish_missing).run,
    )
