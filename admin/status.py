"""Counts and charts of the site's status, for /admin."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from admin.charts import Chart, quantile
from auth.models import User
from core.database.db import db, utcnow
from core.database.models import Event, OutgoingMail
from core.observability import history, queues
from posts.models import PUBLISHED, Post
from search.gauges import LAG_METRIC

HOURS = 48
DAYS = 90
Values = dict[str, float]  # of an hour or a day, by name


def counts() -> list[tuple[str, int]]:
    """The number of members, public posts, pending events and queued emails, with their labels."""
    posts = dict(
        db.session.execute(select(Post.kind, func.count()).where(Post.is_public).group_by(Post.kind))
        .tuples()
        .all()
    )
    pending = _count(select(func.count()).where(Event.done_at.is_(None)))
    unsent = _count(
        select(func.count()).where(OutgoingMail.sent_at.is_(None), OutgoingMail.failed_at.is_(None))
    )
    failed = _count(select(func.count()).where(OutgoingMail.failed_at.is_not(None)))
    return [
        (_("Members"), _count(select(func.count()).select_from(User))),
        (_("Questions"), posts.get("question", 0)),
        (_("Answers"), posts.get("answer", 0)),
        (_("Articles"), posts.get("article", 0)),
        (_("Comments"), posts.get("comment", 0)),
        (_("Pending events"), pending),
        (_("Queued emails"), unsent),
        (_("Undeliverable emails"), failed),
    ]


def _count(statement: Select) -> int:
    return db.session.execute(statement).scalar_one()


def charts() -> list[Chart]:
    """Charts of the last HOURS by hour, then of the last DAYS by day."""
    return [*_hourly(), *_daily()]


def _hourly() -> Iterator[Chart]:
    now = utcnow().replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=back) for back in reversed(range(HOURS))]
    recorded = history.since(hours[0], "status:", "le:", queues.EVENTS_AGE, queues.MAIL_AGE, LAG_METRIC)
    rows = [(hour, recorded.get(hour, {})) for hour in hours]

    def chart(
        name: str,
        title: str,
        unit: str,
        parts: dict[str, str],
        shown: Callable[[Values], Values],
        *,
        is_nested: bool = False,
    ) -> Chart:
        labelled = [(f"{hour:%d %b %H:%M}", shown(values)) for hour, values in rows]
        return Chart(name, title, unit, parts, labelled, is_nested=is_nested)

    yield chart(
        "requests",
        _("Requests"),
        _("per hour"),
        {"ok": _("answered"), "issue": _("refused (4xx)"), "failed": _("failed (5xx)")},
        _outcomes,
    )
    yield chart(
        "times",
        _("Response time"),
        "ms",
        {"half": _("median"), "most": _("95th percentile")},
        _times,
        is_nested=True,
    )
    for name, title, gauge in (
        ("events", _("Longest event delay"), queues.EVENTS_AGE),
        ("mail-wait", _("Longest email delay"), queues.MAIL_AGE),
        ("lag", _("Search index delay"), LAG_METRIC),
    ):
        yield chart(
            name,
            title,
            "s",
            {"wait": _("longest")},
            lambda values, gauge=gauge: {"wait": round(values.get(gauge, 0))},
        )


def _outcomes(values: Values) -> Values:
    return {
        "ok": round(sum(values.get(f"status:{n}xx", 0) for n in (1, 2, 3))),
        "issue": round(values.get("status:4xx", 0)),
        "failed": round(values.get("status:5xx", 0)),
    }


def _times(values: Values) -> Values:
    """Median and 95th percentile of response times in milliseconds."""
    buckets = [(float(name[3:]), count) for name, count in values.items() if name.startswith("le:")]
    return {
        "half": round(1000 * quantile(0.5, buckets)),
        "most": round(1000 * quantile(0.95, buckets)),
    }


def _daily() -> Iterator[Chart]:
    today = utcnow().replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]

    def chart(name: str, title: str, parts: dict[str, str], found: dict[str, Values]) -> Chart:
        return Chart(
            name,
            title,
            _("per day"),
            parts,
            [(f"{day:%d %b}", found.get(f"{day:%Y-%m-%d}", {})) for day in days],
            is_daily=True,
        )

    written = {
        "question": _("questions"),
        "answer": _("answers"),
        "comment": _("comments"),
        "article": _("articles"),
        "bulletin": _("bulletins"),
    }
    yield chart(
        "posts",
        _("Posts"),
        written,
        _by_day(
            select(_day(Post.created_at), Post.kind, func.count())
            .where(Post.status == PUBLISHED, Post.kind.in_(written), Post.created_at >= days[0])
            .group_by("day", Post.kind)
        ),
    )
    yield chart(
        "members",
        _("New members"),
        {"member": _("members")},
        _by_day(
            select(_day(User.created_at), db.literal("member"), func.count())
            .where(User.created_at >= days[0])
            .group_by("day")
        ),
    )
    yield chart("mails", _("Email"), {"sent": _("sent"), "failed": _("undeliverable")}, _mails(days[0]))


def _day(time: InstrumentedAttribute[datetime]) -> ColumnElement[str]:
    """The day (UTC) of a column as text, labelled `day`."""
    if db.engine.dialect.name == "sqlite":
        return func.strftime("%Y-%m-%d", time).label("day")
    return func.to_char(func.timezone("UTC", time), "YYYY-MM-DD").label("day")


def _by_day(statement: Select) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for day, kind, count in db.session.execute(statement):
        found.setdefault(day, {})[kind] = count
    return found


def _mails(since: datetime) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for hour, values in history.since(since, "mail:").items():
        day = found.setdefault(f"{hour:%Y-%m-%d}", {"sent": 0, "failed": 0})
        for name in day:
            day[name] += round(values.get(f"mail:{name}", 0))
    return found
