"""Health checks of the database and what it stores: version, schema, clock, queues, workers."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from core.checks.health import Finding, finding, ok, register_check
from core.database import schema
from core.database.db import db, utcnow
from core.database.models import Event, OutgoingMail
from core.observability import heartbeats, queues
from core.web.database_errors import OUTAGE_ADVICE, is_outage, outage_reason

MIN_SQLITE_VERSION = (3, 35)
MIN_POSTGRESQL_VERSION = 15
MAX_REPLICA_LAG_BYTES = 64_000_000  # of the write-ahead log
RELEASED_AT = datetime(2026, 11, 1, tzinfo=UTC)  # a clock that is behind this release is wrong
MAX_CLOCK_ERROR = timedelta(minutes=1)
MAX_CLOCK_DIFFERENCE = timedelta(seconds=5)  # between this host and the database
MAX_EVENT_AGE = timedelta(minutes=5)
MAX_MAIL_AGE = timedelta(hours=1)
DAY = timedelta(days=1)
SYNCHRONOUS_STANDBYS = text("SHOW synchronous_standby_names")


@register_check()
def version() -> Iterator[Finding]:
    """Database."""
    advice = _("This version is too old: upgrade it.")
    if db.engine.dialect.name == "sqlite":
        yield finding(
            _("Database"),
            f"SQLite {sqlite3.sqlite_version}",
            advice=advice,
            error=sqlite3.sqlite_version_info < MIN_SQLITE_VERSION,
        )
    else:
        try:
            number = db.session.scalar(text("SHOW server_version"))
        except DBAPIError as error:
            if not is_outage(error):
                raise
            yield finding(_("Database"), outage_reason(error), error=True, advice=str(OUTAGE_ADVICE))
            return
        yield finding(
            _("Database"),
            f"PostgreSQL {number}",
            advice=advice,
            error=int(number.split(".")[0]) < MIN_POSTGRESQL_VERSION,
        )
        yield from _write_checks()
    yield _schema()


def _write_checks() -> Iterator[Finding]:
    """Whether this PostgreSQL server accepts writes and can acknowledge them."""
    name = _("Writing")
    if db.session.scalar(text("SELECT pg_is_in_recovery()")):
        yield finding(
            name,
            _("This server is a replica."),
            error=True,
            advice=_("Nothing can be saved. Set REDOUBT_DATABASE_URL to the primary."),
        )
    elif db.session.scalar(SYNCHRONOUS_STANDBYS):
        replica_count = db.session.scalar(text("SELECT count(*) FROM pg_stat_replication"))
        yield finding(
            name,
            _("%(n)s standby servers connected", n=replica_count),
            error=not replica_count,
            advice=_(
                "Commits wait for a standby server. Start one, or see “two replicas” in docs/operations.md."
            ),
        )


@register_check()
def replicas() -> Iterator[Finding]:
    """Replicas."""
    if (known := current_app.extensions["replicas"]) is None:
        return
    try:
        written = known.written_now()
    except DBAPIError:
        return  # version() has reported the problem
    for engine in known.engines:
        name = _("Replica")
        host = engine.url.host or engine.url.query.get("host", "")
        try:
            behind = known.behind(engine, written)
        except DBAPIError as error:
            yield finding(
                name,
                f"{host}: {outage_reason(error)}",
                warning=True,
                advice=_(
                    "Start it, or correct REDOUBT_REPLICA_URLS. Until then the primary handles its queries."
                ),
            )
            continue
        if behind is None:
            yield finding(
                name,
                _("%(host)s accepts writes", host=host),
                warning=True,
                advice=_("It is not used as a replica. This is expected after a promotion."),
            )
        else:
            yield finding(
                name,
                _("%(host)s is %(n)s bytes behind", host=host, n=f"{behind:,}"),
                warning=behind > MAX_REPLICA_LAG_BYTES,
                advice=_("It is not used until it catches up. Check its disks and the network."),
            )


def _schema() -> Finding:
    if schema.is_current():
        return ok(_("Schema"), _("current"))
    if schema.is_usable():
        return finding(
            _("Schema"),
            _("Newer than the code."),
            warning=True,
            advice=_("Update the code on this host to the version that other hosts run."),
        )
    return finding(_("Schema"), _("Older than the code."), error=True, advice=_("Run flask db upgrade."))


@register_check()
def clock() -> Iterator[Finding]:
    """Clock."""
    now = utcnow()
    name = _("Clock")
    advice = _("Synchronise the clock with NTP. Patch days, embargoes and log-ins depend on it.")
    newest = db.session.scalar(select(Event.created_at).order_by(Event.id.desc()).limit(1))
    behind = max(RELEASED_AT, newest or RELEASED_AT) - now
    yield finding(name, f"{now:%Y-%m-%d %H:%M:%S} UTC", error=behind > MAX_CLOCK_ERROR, advice=advice)
    if db.engine.dialect.name == "postgresql":
        apart = abs(db.session.scalars(select(func.clock_timestamp())).one() - now)
        yield finding(
            _("Database clock"),
            _("%(n)s s apart", n=round(apart.total_seconds(), 1)),
            error=apart > MAX_CLOCK_DIFFERENCE,
            advice=advice,
        )


@register_check()
def job_queues() -> Iterator[Finding]:
    """Queues."""
    now = {each.name: each.value for each in (*queues.events(), *queues.mail())}
    age = int(now[queues.EVENTS_AGE])
    yield finding(
        _("Events"),
        _("%(n)s queued, oldest %(s)s s", n=now["events_waiting"], s=age),
        error=now[queues.EVENTS_AGE] > MAX_EVENT_AGE.total_seconds(),
        advice=_("Search and email are delayed. Check that a worker is running, and its log."),
    )
    yield finding(
        _("Failed events"),
        _("%(n)s failed permanently, %(m)s to be retried", n=now["events_given_up"], m=now["events_retried"]),
        error=now["events_given_up"] > 0,
        warning=now["events_retried"] > 0,
        advice=_(
            "Look for “handler … failed” in the worker's log and fix the cause. Then run flask "
            "search rebuild to update the index."
        ),
    )
    age = int(now[queues.MAIL_AGE])
    lost = db.session.scalars(
        select(func.count()).select_from(OutgoingMail).where(OutgoingMail.failed_at > utcnow() - DAY)
    ).one()
    yield finding(
        _("Outgoing email"),
        _("%(n)s queued, oldest %(s)s s; %(m)s failed today", n=now["mail_waiting"], s=age, m=lost),
        error=now[queues.MAIL_AGE] > MAX_MAIL_AGE.total_seconds(),
        warning=lost > 0,
        advice=_("Run flask doctor --mail. The worker's log has the answers of the mail server."),
    )


@register_check()
def workers() -> Iterator[Finding]:
    """Workers."""
    name = _("Workers")
    newest = heartbeats.newest()
    advice = _("Start flask worker (or set REDOUBT_WORKER=on with python app.py).")
    if not newest:
        yield finding(name, _("No worker has run yet."), warning=True, advice=advice)
    for loop, beaten_at in sorted(newest.items()):
        silent = utcnow() - beaten_at
        yield finding(
            f"{name}: {loop}",
            _("last round %(n)s s ago", n=int(silent.total_seconds())),
            error=silent > heartbeats.DEAD_AFTER,
            advice=advice,
        )
