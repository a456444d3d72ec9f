"""Commands of the whole site: the demo community and the doctor."""

import json
import sys
from dataclasses import asdict

import click
from flask.cli import with_appcontext

from core.checks.health import DNS, MAIL, Level, examine, is_well
from core.database.db import db
from core.jobs import events
from core.mail import mail
from demo import loader
from home import queries

MARKS = {Level.WELL: "well  ", Level.REMARK: "remark", Level.FAULT: "FAULT "}


@click.command("seed")
@click.option("--once", is_flag=True, help="Do nothing when the instance already has accounts.")
@with_appcontext
def seed(once: bool) -> None:
    """Load the demo community; prints accounts to try, with random passwords. Never doubles anything."""
    if once and not queries.is_empty():
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


@click.command("doctor")
@click.option("--dns", is_flag=True, help="Ask the DNS for SPF, DKIM and DMARC of the sender's domain.")
@click.option("--dkim", metavar="SELECTOR", default="", help="The selector that the mail server signs with.")
@click.option("--mail", "smtp", is_flag=True, help="Log in to the mail server, send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@with_appcontext
def doctor(dns: bool, dkim: str, smtp: bool, as_json: bool) -> None:
    """Look for what an administrator should mend; exits 1 when there is a fault, remarks may be there."""
    kinds = ({DNS: {"selector": dkim}} if dns or dkim else {}) | ({MAIL: {}} if smtp else {})
    found = examine(**kinds)
    if as_json:
        click.echo(json.dumps({"is_well": is_well(found), "findings": [asdict(each) for each in found]}))
    else:
        for each in found:
            click.echo(f"{MARKS[each.level]} {each.name}: {each.found}")
            if each.advice:
                click.echo(f"       → {each.advice}")
    sys.exit(0 if is_well(found) else 1)
