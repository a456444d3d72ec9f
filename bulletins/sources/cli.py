"""Shell commands of sources."""

import json

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from auth.security_log import cli as security_log
from bulletins.sources import actions, import_source, queries
from bulletins.sources.kinds import KINDS, MAX_INTERVAL_HOURS, MIN_INTERVAL_HOURS
from bulletins.sources.models import FAILED, Source
from core.database.db import db
from core.jobs import events
from core.web.forms import Invalid

group = AppGroup("source", help="Sources of advisories, catalogues and life cycles on other sites.")
HOURS = click.IntRange(MIN_INTERVAL_HOURS, MAX_INTERVAL_HOURS)


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_sources(as_json: bool) -> None:
    """List the sources with the result of their last run."""
    found = queries.sources()
    if as_json:
        click.echo(json.dumps({"items": [_item(source) for source in found]}))
        return
    for source in found:
        state = _("on") if source.is_on else _("off")
        click.echo(f"{source.id:>4} {state:<4} {source.kind:<10} {source.outcome or '-':<8} {source.url}")
        for error in source.errors[:1]:
            click.echo(f"     {error}")


def _item(source: Source) -> dict:
    return {
        "id": source.id,
        "kind": source.kind,
        "name": source.name,
        "url": source.url,
        "is_on": source.is_on,
        "interval_hours": source.interval_hours,
        "outcome": source.outcome,
        "next_run_at": source.next_run_at and source.next_run_at.isoformat(),
        "finished_at": source.finished_at and source.finished_at.isoformat(),
        "failures": source.failures,
        "counts": source.counts,
        "errors": source.errors,
    }


@group.command("add")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("url")
@click.option("--name", default="", help="Shown in lists; by default the host.")
@click.option("--hours", type=HOURS, help="Hours between two runs.")
@click.option("--off", "is_off", is_flag=True, help="Do not switch it on yet.")
def add_source(kind: str, url: str, name: str, hours: int | None, is_off: bool) -> None:
    """Add a source of KIND at the address URL, and switch it on."""
    security_log.record_command("source-add")
    try:
        source = actions.add(kind, name[:100], url, hours or 0, is_on=not is_off, by=None)
    except Invalid as error:
        raise click.ClickException(error.text) from error
    db.session.commit()
    click.echo(_("Source %(id)s was added.", id=source.id))


@group.command("on")
@click.argument("source_id", type=int)
@click.option("--hours", type=HOURS, help="Hours between two runs.")
def switch_on(source_id: int, hours: int | None) -> None:
    """Switch a source on: the worker fetches it."""
    security_log.record_command("source-on")
    actions.switch(_source(source_id), is_on=True, by=None, interval_hours=hours)
    db.session.commit()


@group.command("off")
@click.argument("source_id", type=int)
def switch_off(source_id: int) -> None:
    """Switch a source off."""
    security_log.record_command("source-off")
    actions.switch(_source(source_id), is_on=False, by=None)
    db.session.commit()


@group.command("trust")
@click.argument("source_id", type=int)
def trust(source_id: int) -> None:
    """Accept the signing keys that the provider names now."""
    security_log.record_command("source-trust")
    source = _source(source_id)
    actions.trust_keys(source, by=None)
    db.session.commit()
    click.echo("\n".join(source.fingerprints))


@group.command("remove")
@click.argument("source_id", type=int)
def remove(source_id: int) -> None:
    """Remove a source; what was imported stays."""
    security_log.record_command("source-remove")
    actions.remove(_source(source_id), by=None)
    db.session.commit()


@group.command("run")
@click.argument("source_ids", nargs=-1, type=int)
def run(source_ids: tuple[int, ...]) -> None:
    """Run the sources with these numbers now, or all that are on; prints one JSON object for each."""
    security_log.record_command("source-run")
    wanted = [_source(each).id for each in source_ids] or [
        each.id for each in queries.sources() if each.is_on
    ]
    db.session.commit()
    failed = False
    for source_id in wanted:
        result = import_source.run(source_id, is_forced=True)
        if result is None:
            raise click.ClickException(_("Source %(id)s is running in another process.", id=source_id))
        failed = failed or result.outcome == FAILED
        line = {
            "source": source_id,
            "outcome": result.outcome,
            **import_source.nouns(result.counts),
            "documents": result.counts["documents"],
            "errors": result.report.errors,
        }
        click.echo(json.dumps(line))
    events.drain()
    if failed:
        raise click.exceptions.Exit(1)


def _source(source_id: int) -> Source:
    source = queries.get_source(source_id)
    if source is None:
        raise click.ClickException(_("There is no source %(id)s.", id=source_id))
    return source
