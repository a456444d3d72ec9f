"""Commands of the products."""

from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from auth.security_log import cli as security_log
from core.cli import Unusable, run_import
from core.jobs import events
from products import queries
from products.facts import written
from products.import_endoflife import Importer
from products.lifecycle import queries as lifecycle_queries
from products.lifecycle.phases import KINDS, phase_on

group = AppGroup("product", help="Products and their life cycles.")


@group.command("import")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--source", default="endoflife.date", show_default=True, help="Name of the collection.")
def import_products(directory: Path, source: str) -> None:
    """Import endoflife.date files from DIRECTORY and its subfolders, and index them for search."""
    security_log.record_command("product-import")
    importer = Importer(directory, source)
    run_import(importer.report, lambda: _import(importer))


def _import(importer: Importer) -> None:
    importer.run()
    if not any((importer.report.added, importer.report.updated, importer.report.skipped)):
        raise Unusable(
            _("%(folder)s contains no usable endoflife.date file (.md).", folder=importer.directory)
        )
    events.drain()


@group.command("list")
@click.option(
    "--ending",
    type=click.IntRange(0, 3650),
    metavar="DAYS",
    help="Only releases whose security support ends within this many days.",
)
@click.argument("text", default="")
def list_products(ending: int | None, text: str) -> None:
    """List products (with TEXT in their names), or those ending soon."""
    day = queries.today()
    if ending is not None:
        for phase in lifecycle_queries.around(day, before=0, ahead=ending):
            click.echo(f"{phase.ends}  {phase.release.title}")
        return
    after = None
    while True:
        page = queries.products(text=text, after=after, size=200)
        glances = queries.glances(page, day)
        for product in page:
            glance = glances[product.id]
            click.echo(
                f"{product.slug:<30} {glance.status:<10} {glance.supported:>4}/{glance.releases:<4} "
                f"{product.name}"
            )
        if (after := page.next) is None:
            return


@group.command("show")
@click.argument("slug")
def show(slug: str) -> None:
    """Show one product with its releases and when each kind of support ends."""
    product = queries.full(slug)
    if product is None:
        raise click.ClickException(_("There is no product “%(slug)s”.", slug=slug))
    day = queries.today()
    click.echo(f"{product.name} ({product.category}{', ' + product.vendor if product.vendor else ''})")
    click.echo(f"{'cycle':<24} {'phase':<10} " + " ".join(f"{kind:<12}" for kind in KINDS))
    for release in product.live_releases:
        ends = " ".join(f"{written(release.ends.get(kind)):<12}" for kind in KINDS)
        click.echo(f"{release.cycle:<24} {phase_on(release, day):<10} {ends}".rstrip())
