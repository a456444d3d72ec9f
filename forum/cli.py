"""The forum from the shell."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from auth.security_log import cli as security_log
from core.cli import ImportReport, losses_file, run_import
from forum.stackexchange.import_dump import NETWORK_SITE, Importer


@click.command("stackexchange")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--source", default=None, help="Name of the original site (default: folder name).")
@click.option("--url", default=None, help="Address of the original site, for links to the originals.")
@click.option(
    "--site",
    "hosts",
    multiple=True,
    metavar="HOST",
    help="Host name of the original site. Links to its posts become links to the imported posts. Repeatable.",
)
@click.option(
    "--losses",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    metavar="FILE",
    help="CSV file for the list of what was not imported (default: in the instance folder).",
)
@with_appcontext
def import_stackexchange(
    directory: Path, source: str | None, url: str | None, hosts: tuple[str, ...], losses: Path | None
) -> None:
    """Import a Stack Exchange dump (Posts.xml, Users.xml, Comments.xml, …) from DIRECTORY."""
    source = (source or directory.resolve().name)[:100]
    names = [re.sub(r"^(?:https?:)?//|/.*$", "", host.strip().lower()).removeprefix("www.") for host in hosts]
    if url is None and (NETWORK_SITE.fullmatch(source) or names):
        url = f"https://{names[0] if names else source}"
    if url and not re.fullmatch(r"https?://[^\s/?#<>\"']+/?", url):
        raise click.BadParameter(_("use the form https://security.stackexchange.com"), param_hint="--url")
    security_log.record_command("import-stackexchange")
    report = ImportReport()
    site = (url or "").rstrip("/")
    report.losses_file = losses or losses_file("stackexchange", source)
    names += [(urlsplit(site).hostname or "").removeprefix("www.")] if site else []
    run_import(report, lambda: Importer(directory, source, site, report, names).run())
