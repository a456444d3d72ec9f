"""The command that loads the demo community."""

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from auth.models import User
from core.database.db import db
from core.jobs import events
from core.mail import mail
from demo import loader


def is_empty() -> bool:
    """Whether nobody has an account yet (a new instance)."""
    return db.session.scalar(select(User.id).limit(1)) is None


@click.command("seed")
@click.option("--once", is_flag=True, help="Do nothing when the instance already has accounts.")
@with_appcontext
def seed(once: bool) -> None:
    """Load the demo community; prints accounts to try, with random passwords. Never doubles anything."""
    if once and not is_empty():
        return
    accounts = loader.load()
    db.session.commit()
    if accounts:
        click.echo(f"\nThe demo community is here. Log in at {mail.site_url()}/login as one of\n")
        for account in accounts:
            click.echo(f"  {account.role:<16}{account.username:<16}{account.password}")
        click.echo("\nThe passwords are random and shown only now.\n")
    else:
        click.echo("The demo community is already here.")
    events.drain()
