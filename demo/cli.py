"""The command that loads the demo community."""

import click
from flask import url_for
from flask.cli import with_appcontext
from flask_babel import gettext as _
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
    """Load the demo community and print accounts with random passwords. Safe to run again."""
    if once and not is_empty():
        return
    accounts = loader.load()
    db.session.commit()
    if accounts:
        click.echo(
            "\n"
            + _(
                "The demo community is loaded. Log in at %(url)s with one of these accounts:",
                url=mail.site_url() + url_for("auth.login"),
            )
            + "\n"
        )
        for account in accounts:
            click.echo(f"  {account.role:<16}{account.username:<16}{account.password}")
        click.echo("\n" + _("The passwords are random. You won't see them again.") + "\n")
    else:
        click.echo(_("The demo community is already loaded."))
    events.drain()
