"""The calendar in the shell."""

import json

import click
from flask.cli import AppGroup

from deployment import exports
from deployment.calendar.months import FIRST_YEAR, LAST_YEAR, next_patch_day, this_month
from deployment.calendar.views import year_of
from products.facts import to_json

group = AppGroup("calendar", help="Patch days and what came with them.")


@group.command("next")
def show_next() -> None:
    """Print when the next patches come."""
    coming = next_patch_day()
    click.echo(f"{coming.at:%Y-%m-%d %H:%M} UTC, in {coming.days_left} days")


@group.command("year")
@click.argument("year", type=click.IntRange(FIRST_YEAR, LAST_YEAR), required=False)
def show_year(year: int | None) -> None:
    """Print the months of YEAR (this one), one JSON object a line."""
    months, totals, tallies = year_of(year or this_month().year)
    for month in months:
        row = exports.month_row(month, totals.get(str(month)), tallies.get(str(month)))
        click.echo(json.dumps({name: to_json(value) for name, value in row.items()}))
