"""Commands of the alerts: count the addresses, or stop the alerts to one."""

import json

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from alerts import actions, queries
from core.database.db import db

group = click.Group("alert", help="Security alerts by email.")


@group.command("counts")
@with_appcontext
def counts() -> None:
    """Print how many addresses get alerts, by cadence, as JSON."""
    click.echo(json.dumps(queries.counts()))


@group.command("stop")
@click.argument("address")
@with_appcontext
def stop(address: str) -> None:
    """Stop the alerts to ADDRESS and delete it."""
    row = queries.by_address(address.lower())
    if row is None:
        raise click.ClickException(_("This address gets no alerts."))
    actions.stop(queries.by_handle(row.handle))
    db.session.commit()
    click.echo(_("Stopped."))
