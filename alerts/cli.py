"""Commands of the room: who gets alerts, and an end to them at somebody's request."""

import json

import click
from flask.cli import with_appcontext

from alerts import actions, queries
from core.database.db import db

group = click.Group("alert", help="Security alerts by mail.")


@group.command("counts")
@with_appcontext
def counts() -> None:
    """Print how many addresses get alerts, by rhythm, as JSON."""
    click.echo(json.dumps(queries.counts()))


@group.command("stop")
@click.argument("address")
@with_appcontext
def stop(address: str) -> None:
    """Stop the alerts to ADDRESS and forget it."""
    row = queries.by_address(address.lower())
    if row is None:
        raise click.ClickException("No alerts go to this address.")
    actions.stop(queries.by_handle(row.handle))
    db.session.commit()
    click.echo("Stopped.")
