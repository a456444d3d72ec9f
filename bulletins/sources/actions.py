"""Writes of sources: add, switch, remove, run. Nothing here commits."""

from datetime import datetime, timedelta

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import delete, func, or_, select, update

from auth.models import User
from auth.security_log import actions as security_log
from bulletins.sources.kinds import KINDS, MAX_INTERVAL_HOURS, MIN_INTERVAL_HOURS
from bulletins.sources.models import FAILED, RUNNING, Source, SourceDocument
from core.database.db import changed_rows, db, utcnow
from core.jobs import claims
from core.web import fetch
from core.web.forms import Invalid

MAX_SOURCES = 100
MAX_ERRORS = 50  # stored of one run
MAX_ERROR_CHARACTERS = 300
FIRST_RETRY = timedelta(minutes=15)  # doubled with every failed run
MAX_RETRY = timedelta(hours=24)


def add(kind: str, name: str, url: str, interval_hours: int, *, is_on: bool, by: User | None) -> Source:
    """Add a source; raises Invalid by field. One that is on runs at once."""
    try:
        parts = fetch.check_url(url)
    except fetch.Unfetchable as error:
        raise Invalid({"url": [_("This address cannot be fetched: %(why)s.", why=error)]}) from error
    if db.session.scalar(select(Source.id).where(Source.kind == kind, Source.url == url)) is not None:
        raise Invalid({"url": [_("There is a source of this kind with this address.")]})
    if db.session.scalars(select(func.count()).select_from(Source)).one() >= MAX_SOURCES:
        raise Invalid({"url": [_("There are %(n)s sources, as many as are possible.", n=MAX_SOURCES)]})
    source = Source(
        kind=kind,
        name=name or (parts.hostname or "")[:100],
        url=url,
        interval_hours=interval_hours or KINDS[kind].interval_hours,
        created_by_id=by.id if by else None,
    )
    db.session.add(source)
    db.session.flush()
    _record(source, "source-added", by)
    if is_on:
        switch(source, is_on=True, by=by)
    return source


def switch(source: Source, *, is_on: bool, by: User | None, interval_hours: int | None = None) -> None:
    """Switch a source on or off, and set the hours between its runs; one that was off runs at once."""
    if interval_hours is not None:
        source.interval_hours = min(max(interval_hours, MIN_INTERVAL_HOURS), MAX_INTERVAL_HOURS)
    if source.is_on == is_on:
        if is_on and interval_hours is not None and source.finished_at is not None and not source.failures:
            source.next_run_at = source.finished_at + timedelta(hours=source.interval_hours)
        return
    source.is_on = is_on
    source.next_run_at = utcnow() if is_on else None
    _record(source, "source-on" if is_on else "source-off", by)


def run_soon(source: Source) -> None:
    """Let the worker run a source that is on as soon as it can."""
    if source.is_on:
        source.next_run_at = utcnow()


def remove(source: Source, *, by: User | None) -> None:
    """Remove a source and what is known of its documents; what was imported stays."""
    _record(source, "source-removed", by)
    db.session.execute(delete(SourceDocument).where(SourceDocument.source_id == source.id))
    db.session.delete(source)


def trust_keys(source: Source, *, by: User | None) -> None:
    """Accept the keys that the provider names now, and fetch again what was refused."""
    source.fingerprints = sorted({fingerprint for _url, fingerprint in source.provider.get("keys", [])})
    changed_rows(
        update(SourceDocument)
        .where(SourceDocument.source_id == source.id, SourceDocument.retry_at.is_not(None))
        .values(retry_at=utcnow())
    )
    run_soon(source)
    _record(source, "source-keys-trusted", by)


def _record(source: Source, command: str, by: User | None) -> None:
    security_log.record("administrator_act", user=by, command=command, source=source.id)


def claim(source_id: int, *, is_forced: bool = False) -> Source | None:
    """Claim a source that is due, or any (`is_forced`), for this process; None when another one has it.

    Its caller commits.
    """
    now = utcnow()
    is_free = or_(Source.claimed_until.is_(None), Source.claimed_until < now)
    is_due = () if is_forced else (Source.is_on, Source.next_run_at <= now)
    is_mine = changed_rows(
        update(Source)
        .where(Source.id == source_id, is_free, *is_due)
        .values(
            claimed_by=current_app.extensions["event_worker"],
            claimed_until=now + claims.CLAIM_DURATION,
            started_at=now,
            outcome=RUNNING,
        )
    )
    return db.session.get(Source, source_id, populate_existing=True) if is_mine else None


def finish(source_id: int, outcome: str, counts: dict, errors: list[str], *, has_more: bool) -> None:
    """Store the result of a run, end its claim, and set when the next one is due."""
    source = db.session.get(Source, source_id, populate_existing=True)
    if source is None:
        return  # removed meanwhile
    now = utcnow()
    source.claimed_by = None
    source.claimed_until = None
    source.finished_at = now
    source.outcome = outcome
    source.counts = counts
    source.errors = [" ".join(each.split())[:MAX_ERROR_CHARACTERS] for each in errors[:MAX_ERRORS]]
    source.failures = source.failures + 1 if outcome == FAILED else 0
    if outcome != FAILED:
        source.succeeded_at = now
    source.next_run_at = _next_run(source, now, has_more) if source.is_on else None


def _next_run(source: Source, now: datetime, has_more: bool) -> datetime:
    interval = timedelta(hours=source.interval_hours)
    if source.failures:
        return now + min(interval, MAX_RETRY, FIRST_RETRY * 2 ** min(source.failures - 1, 10))
    return now if has_more else now + interval


def save_document(source_id: int, values: dict) -> None:
    """Store what became of a list or document; `values` are columns of SourceDocument with its `url`."""
    row = db.session.scalar(
        select(SourceDocument).where(
            SourceDocument.source_id == source_id, SourceDocument.url == values["url"]
        )
    )
    if row is None:
        row = SourceDocument(source_id=source_id)
        db.session.add(row)
    for name, value in values.items():
        setattr(row, name, value)


def save_provider(source_id: int, provider: dict, fingerprints: list[str]) -> None:
    """Store what a provider-metadata.json says, and the keys to trust when there were none."""
    source = db.session.get(Source, source_id)
    if source is not None:
        source.provider = provider
        source.fingerprints = source.fingerprints or fingerprints
