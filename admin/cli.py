"""Commands of the whole site: the demo community and the doctor."""

import json
import sys
from dataclasses import asdict

import click
from flask.cli import with_appcontext
from flask_babel import lazy_gettext

from core.checks.health import DNS, MAIL, Level, examine, is_well

MARKS = {
    Level.WELL: lazy_gettext("OK"),
    Level.REMARK: lazy_gettext("WARNING"),
    Level.FAULT: lazy_gettext("ERROR"),
}


@click.command("doctor")
@click.option("--dns", is_flag=True, help="Query DNS for SPF, DKIM and DMARC of the sender's domain.")
@click.option("--dkim", metavar="SELECTOR", default="", help="DKIM selector of the mail server.")
@click.option("--mail", "smtp", is_flag=True, help="Log in to the mail server without sending anything.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@with_appcontext
def doctor(dns: bool, dkim: str, smtp: bool, as_json: bool) -> None:
    """Check the installation and list problems; exits with 1 if there is an error, not for warnings."""
    kinds = ({DNS: {"selector": dkim}} if dns or dkim else {}) | ({MAIL: {}} if smtp else {})
    found = examine(**kinds)
    if as_json:
        click.echo(json.dumps({"is_well": is_well(found), "findings": [asdict(each) for each in found]}))
    else:
        for each in found:
            click.echo(f"{MARKS[each.level]!s:<7} {each.name}: {each.found}")
            if each.advice:
                click.echo(f"        → {each.advice}")
    sys.exit(0 if is_well(found) else 1)
