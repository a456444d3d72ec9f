"""Commands of the whole site: the demo community and the doctor."""

import sys

import click
from flask.cli import with_appcontext

from core import events, mail
from core.db import db
from front import demo_loader, queries, status


@click.command("seed")
@click.option("--once", is_flag=True, help="Do nothing when the instance already has accounts.")
@with_appcontext
def seed(once: bool) -> None:
    """Load the demo community; prints accounts to try, with random passwords. Never doubles anything."""
    if once and not queries.is_empty():
        return
    accounts = demo_loader.load()
    db.session.commit()
    if accounts:
        click.echo(f"\nThe demo community is here. Log in at {mail.site_url()}/login as one of\n")
        for account in accounts:
            click.echo(f"  {account.role:<16}{account.username:<16}{account.password}")
        click.echo("\nThe passwords are random and shown only now.\n")
    else:
        click.echo("The demo community is already here.")
    events.drain()


@click.command("doctor")
@with_appcontext
def doctor() -> None:
    """Look for what an administrator should mend; exits 1 when something is found."""
    found = status.checks()
    for check in found:
        click.echo(f"{'ok  ' if check.ok else 'MEND'} {check.name}"
                   + ("" if check.ok else f": {check.advice}"))
    sys.exit(0 if all(check.ok for check in found) else 1)
