"""Commands of the patch calendar."""

import json

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from deployment import exports
from deployment.calendar.months import FIRST_YEAR, LAST_YEAR, next_patch_day, this_month
from deployment.calendar.views import year_of
from products.facts import plain

group = AppGroup("calendar", help="Patch days and their bulletins.")


@group.command("next")
def show_next() -> None:
    """Print the next patch day."""
    coming = next_patch_day()
    click.echo(_("%(when)s UTC, in %(n)s days", when=f"{coming.at:%Y-%m-%d %H:%M}", n=coming.days_left))


@group.command("year")
@click.argument("year", type=click.IntRange(FIRST_YEAR, LAST_YEAR), required=False)
def show_year(year: int | None) -> None:
    """Print the months of YEAR (default: this year), one JSON object per line."""
    months, totals, tallies = year_of(year or this_month().year)
    for month in months:
        row = exports.month_row(month, totals.get(str(month)), tallies.get(str(month)))
        click.echo(json.dumps({name: plain(value) for name, value in row.items()}))
