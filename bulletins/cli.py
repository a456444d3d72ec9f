"""Commands of the bulletins."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from advisories.advisory import Unusable
from auth.security_log import cli as security_log
from bulletins import handlers, import_enrichment, queries
from bulletins.import_documents import Importer
from core import cli
from core.jobs import events

group = AppGroup("bulletin", help="Security bulletins.")
FILE = click.Path(exists=True, path_type=Path)
ANNOUNCE = click.option(
    "--announce", is_flag=True, help="Also notify subscribers of bulletins older than 31 days."
)


@group.command("import")
@click.argument("files", nargs=-1, required=True, type=FILE)
@ANNOUNCE
def import_bulletins(files: tuple[Path, ...], announce: bool) -> None:
    """Import advisories from FILES and folders, and index them for search.

    The content decides on the format: CSAF 2.0, CVRF (XML, or Microsoft's JSON), CVE JSON 5, GCVE, NVD JSON
    2.0, OSV, OpenVEX, CycloneDX with vulnerabilities; also in JSON lists, JSON Lines, gzip and zip. See
    docs/advisory-formats.md.
    """
    security_log.record_command("bulletin-import")
    report = cli.ImportReport()
    cli.run_import(report, Importer(files, report, announce=announce).run)


@group.command("enrich")
@click.option("--kev", type=FILE, help="CISA's catalogue of exploited vulnerabilities, JSON or CSV.")
@click.option("--epss", type=FILE, help="FIRST's daily scores, CSV, also compressed.")
@click.option(
    "--exploited",
    type=FILE,
    multiple=True,
    help="Another list of exploited vulnerabilities: VulnCheck KEV, GCVE BCP-07 assertions, EUVD, JSON or "
    "CSV with a CVE and a date.",
)
@click.option("--source", default="", help="The name of that list, where the file does not say it.")
@ANNOUNCE
def enrich(
    kev: Path | None, epss: Path | None, exploited: tuple[Path, ...], source: str, announce: bool
) -> None:
    """Set which vulnerabilities are exploited and how likely the others are to be; lists are sorted by it."""
    if not (kev or epss or exploited):
        raise click.UsageError(_("Name at least one file: --kev FILE, --epss FILE or --exploited FILE."))
    security_log.record_command("bulletin-enrich")
    report = cli.ImportReport()
    work = [(kev, import_enrichment.import_kev), (epss, import_enrichment.import_epss)]
    work += [(path, partial(import_enrichment.import_listed, source=source)) for path in exploited]
    cli.run_import(report, lambda: _enrich(work, announce, report))


def _enrich(work: list[tuple[Path | None, Callable]], announce: bool, report: cli.ImportReport) -> None:
    """Import files; each item of `work` has a path or None, and the import of such a file."""
    for path, run in work:
        if path is None:
            continue
        try:
            with path.open("rb") as stream:
                run(stream, path.name, report, announce=announce)
        except (Unusable, OSError) as error:
            raise cli.NothingToImport(f"{path.name}: {error}") from error
    events.drain()


@group.command("list")
@click.option(
    "--unpatched", is_flag=True, help="Only bulletins whose issuer says that some product has no fix."
)
@click.option("--month", default="", metavar="YYYY-MM")
def list_bulletins(unpatched: bool, month: str) -> None:
    """List bulletins, the most urgent first."""
    after = None
    while True:
        page = queries.bulletins(queries.Filter(unfixed=unpatched, month=month), after=after, size=200)
        for row in page:
            marks = " ".join(
                filter(None, ("EXPLOITED" if row.is_exploited else "", "NO FIX" if row.is_unpatched else ""))
            )
            severity = row.severity or "unrated"
            click.echo(f"{row.reference:<14} {severity:<9} {row.title[:70]} {marks}".rstrip())
        if (after := page.next) is None:
            return


@group.command("match")
def match() -> None:
    """Match the products named in bulletins with the catalogue again."""
    click.echo(_("%(n)s lines changed", n=f"{handlers.rematch():,}"))
