"""The database and what waits in it: version, schema, clock, queues, workers."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from core.checks.health import Finding, judge, register_check, well
from core.database import schema
from core.database.db import db, utcnow
from core.database.models import Event, OutgoingMail
from core.observability import heartbeats, queues
from core.web.database_errors import OUTAGE_ADVICE, is_outage, outage_reason

OLDEST_SQLITE, OLDEST_POSTGRESQL = (3, 35), 15
FAR_BEHIND = 64_000_000  # bytes of the write-ahead log
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)  # no clock of a machine that runs this is behind it
FAST_ENOUGH, CLOCKS_DIFFER = timedelta(minutes=1), timedelta(seconds=5)
EVENTS_LATE, MAIL_LATE = timedelta(minutes=5), timedelta(hours=1)
DAY = timedelta(days=1)
WAITED_FOR = text("SHOW synchronous_standby_names")


@register_check()
def version() -> Iterator[Finding]:
    """Database."""
    advice = _("This version is too old: upgrade it.")
    if db.engine.dialect.name == "sqlite":
        yield judge(
            _("Database"),
            f"SQLite {sqlite3.sqlite_version}",
            advice=advice,
            fault=sqlite3.sqlite_version_info < OLDEST_SQLITE,
        )
    else:
        try:
            number = db.session.scalar(text("SHOW server_version"))
        except DBAPIError as error:
            if not is_outage(error):
                raise
            yield judge(_("Database"), outage_reason(error), fault=True, advice=str(OUTAGE_ADVICE))
            return
        yield judge(
            _("Database"),
            f"PostgreSQL {number}",
            advice=advice,
            fault=int(number.split(".")[0]) < OLDEST_POSTGRESQL,
        )
        yield from _writing()
    yield _schema()


def _writing() -> Iterator[Finding]:
    """Whether this PostgreSQL takes writes, and acknowledges them."""
    name = _("Writing")
    if db.session.scalar(text("SELECT pg_is_in_recovery()")):
        yield judge(
            name,
            _("This server is a replica."),
            fault=True,
            advice=_("Nothing can be saved. Set REDOUBT_DATABASE_URL to the primary."),
        )
    elif db.session.scalar(WAITED_FOR):
        followers = db.session.scalar(text("SELECT count(*) FROM pg_stat_replication"))
        yield judge(
            name,
            _("%(n)s standby servers connected", n=followers),
            fault=not followers,
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
        return  # what is wrong with the primary is said above
    for engine in known.engines:
        name, host = _("Replica"), engine.url.host or engine.url.query.get("host", "")
        try:
            behind = known.behind(engine, written)
        except DBAPIError as error:
            yield judge(
                name,
                f"{host}: {outage_reason(error)}",
                remark=True,
                advice=_(
                    "Start it, or correct REDOUBT_REPLICA_URLS. Until then the primary handles its queries."
                ),
            )
            continue
        if behind is None:
            yield judge(
                name,
                _("%(host)s accepts writes", host=host),
                remark=True,
                advice=_("It is not used as a replica. This is expected after a promotion."),
            )
        else:
            yield judge(
                name,
                _("%(host)s is %(n)s bytes behind", host=host, n=f"{behind:,}"),
                remark=behind > FAR_BEHIND,
                advice=_("It is not used until it catches up. Check its disks and the network."),
            )


def _schema() -> Finding:
    if schema.is_current():
        return well(_("Schema"), _("current"))
    if schema.is_usable():
        return judge(
            _("Schema"),
            _("Newer than the code."),
            remark=True,
            advice=_("Update the code on this host to the version that other hosts run."),
        )
    return judge(_("Schema"), _("Older than the code."), fault=True, advice=_("Run flask db upgrade."))


@register_check()
def clock() -> Iterator[Finding]:
    """Clock."""
    now, name = utcnow(), _("Clock")
    advice = _("Synchronise the clock with NTP. Patch days, embargoes and log-ins depend on it.")
    newest = db.session.scalar(select(Event.created_at).order_by(Event.id.desc()).limit(1))
    behind = max(RELEASED, newest or RELEASED) - now
    yield judge(name, f"{now:%Y-%m-%d %H:%M:%S} UTC", fault=behind > FAST_ENOUGH, advice=advice)
    if db.engine.dialect.name == "postgresql":
        apart = abs(db.session.scalar(select(func.clock_timestamp())) - now)
        yield judge(
            _("Database clock"),
            _("%(n)s s apart", n=round(apart.total_seconds(), 1)),
            fault=apart > CLOCKS_DIFFER,
            advice=advice,
        )


@register_check()
def waiting() -> Iterator[Finding]:
    """Queues."""
    now = {each.name: each.value for source in (queues.events, queues.mail) for each in source()}
    late, age = now[queues.EVENTS_AGE] > EVENTS_LATE.total_seconds(), int(now[queues.EVENTS_AGE])
    yield judge(
        _("Events"),
        _("%(n)s queued, oldest %(s)s s", n=now["events_waiting"], s=age),
        fault=late,
        advice=_("Search and email are delayed. Check that a worker is running, and its log."),
    )
    yield judge(
        _("Failed events"),
        _("%(n)s failed permanently, %(m)s to be retried", n=now["events_given_up"], m=now["events_retried"]),
        fault=now["events_given_up"] > 0,
        remark=now["events_retried"] > 0,
        advice=_(
            "Look for “handler … failed” in the worker's log and fix the cause. Then run flask "
            "search rebuild to update the index."
        ),
    )
    late, age = now[queues.MAIL_AGE] > MAIL_LATE.total_seconds(), int(now[queues.MAIL_AGE])
    lost = db.session.scalar(
        select(func.count()).select_from(OutgoingMail).where(OutgoingMail.failed_at > utcnow() - DAY)
    )
    yield judge(
        _("Outgoing email"),
        _("%(n)s queued, oldest %(s)s s; %(m)s failed today", n=now["mail_waiting"], s=age, m=lost),
        fault=late,
        remark=lost > 0,
        advice=_("Run flask doctor --mail. The worker's log has the answers of the mail server."),
    )


@register_check()
def workers() -> Iterator[Finding]:
    """Workers."""
    name, newest = _("Workers"), heartbeats.newest()
    advice = _("Start flask worker (or set REDOUBT_WORKER=on with python app.py).")
    if not newest:
        yield judge(name, _("No worker has run yet."), remark=True, advice=advice)
    for loop, beaten_at in sorted(newest.items()):
        silent = utcnow() - beaten_at
        yield judge(
            f"{name}: {loop}",
            _("last round %(n)s s ago", n=int(silent.total_seconds())),
            fault=silent > heartbeats.DEAD_AFTER,
            advice=advice,
        )
