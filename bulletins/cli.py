"""Commands of the bulletins."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from advisories.advisory import Unusable
from advisories.exploited import Exploited, Likelihood, read_epss, read_kev
from advisories.exploited_lists import Listed, read_listed
from advisories.parsing import Log
from auth.security_log import cli as security_log
from bulletins import enrich_actions, match_actions, queries
from bulletins.import_documents import Importer
from core import cli
from core.database.db import db
from core.jobs import events

group = AppGroup("bulletin", help="Security bulletins.")
BATCH_SIZE = 500  # CVEs of a transaction
FILE = click.Path(exists=True, path_type=Path)
ANNOUNCE = click.option(
    "--announce", is_flag=True, help="Also notify subscribers of bulletins older than 31 days."
)


@group.command("import")
@click.argument("files", nargs=-1, required=True, type=FILE)
@ANNOUNCE
def import_bulletins(files: tuple[Path, ...], announce: bool) -> None:
    """Import CSAF, CVRF and CVE records from FILES and folders, and index them for search."""
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
    work = [(kev, read_kev, _import_kev), (epss, read_epss, _import_epss)]
    work += [(path, partial(read_listed, source=source or ""), _import_listed) for path in exploited]
    cli.run_import(report, lambda: _enrich(work, announce, report))


def _enrich(work: list[tuple], announce: bool, report: cli.ImportReport) -> None:
    """Import files; each item of `work` has a path or None, how it is read, and how a batch is stored."""
    for path, read, store in work:
        if path is None:
            continue
        log = Log()
        try:
            with path.open("rb") as stream:
                changed = []
                for rows in _batches(read(stream, log)):
                    changed += store(rows, report)
        except (Unusable, OSError) as error:
            raise cli.NothingToImport(f"{path.name}: {error}") from error
        for warning in log.warnings:
            report.add_error(f"{path.name}: {warning}")
        _refresh_ranks(changed, announce, report)
    events.drain()


def _import_kev(rows: list[Exploited], report: cli.ImportReport) -> list[int]:
    added, changed = enrich_actions.store_kev(rows)
    db.session.commit()
    report.added["vulnerabilities"] += added
    report.updated["vulnerabilities"] += len(changed) - added
    report.skipped["vulnerabilities"] += len(rows) - len(changed)
    return changed


def _import_listed(rows: list[Listed], report: cli.ImportReport) -> list[int]:
    added, changed = enrich_actions.store_listed(rows)
    db.session.commit()
    report.added["vulnerabilities"] += added
    report.updated["vulnerabilities"] += len(changed) - added
    report.skipped["vulnerabilities"] += len({row.cve for row in rows}) - len(changed)
    return changed


def _import_epss(rows: list[Likelihood], report: cli.ImportReport) -> list[int]:
    changed = enrich_actions.store_epss(rows)
    db.session.commit()
    report.updated["vulnerabilities"] += len(changed)
    report.skipped["vulnerabilities"] += len(rows) - len(changed)
    return changed


def _refresh_ranks(vulnerability_ids: list[int], announce: bool, report: cli.ImportReport) -> None:
    concerned: set[int] = set()
    for ids in _batches(vulnerability_ids):
        concerned.update(enrich_actions.bulletins_naming(ids))
    for ids in _batches(sorted(concerned)):
        report.updated["bulletins"] += enrich_actions.refresh_ranks(ids, announce=announce)
        db.session.commit()
        db.session.expunge_all()


def _batches(rows: Iterable) -> Iterator[list]:
    rows = iter(rows)
    while batch := list(islice(rows, BATCH_SIZE)):
        yield batch


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
    click.echo(_("%(n)s lines changed", n=f"{match_actions.rematch_products():,}"))
    db.session.commit()
