"""How the site is and has been, for the page /admin and the API."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from admin.charts import Chart, quantile
from auth.models import User
from core.database.db import db, utcnow
from core.database.models import Event, OutgoingMail
from core.observability import history, queues
from posts.models import PUBLISHED, Post
from search.readings import LAG

HOURS, DAYS = 48, 90


def counts() -> list[tuple[str, int]]:
    """Sizes that tell how the site is doing."""
    posts = dict(
        db.session.execute(select(Post.kind, func.count()).where(Post.is_public).group_by(Post.kind)).all()
    )
    waiting = db.session.scalar(select(func.count()).where(Event.done_at.is_(None)))
    unsent = db.session.scalar(
        select(func.count()).where(OutgoingMail.sent_at.is_(None), OutgoingMail.failed_at.is_(None))
    )
    failed = db.session.scalar(select(func.count()).where(OutgoingMail.failed_at.is_not(None)))
    members = db.session.scalar(select(func.count()).select_from(User))
    return [
        (_("Members"), members),
        (_("Questions"), posts.get("question", 0)),
        (_("Answers"), posts.get("answer", 0)),
        (_("Articles"), posts.get("article", 0)),
        (_("Comments"), posts.get("comment", 0)),
        (_("Pending events"), waiting),
        (_("Queued emails"), unsent),
        (_("Undeliverable emails"), failed),
    ]


def charts() -> list[Chart]:
    """The last 48 hours by the hour, then the last 90 days by the day."""
    return [*_hourly(), *_daily()]


def _hourly() -> Iterator[Chart]:
    now = utcnow().replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=back) for back in reversed(range(HOURS))]
    kept = history.since(hours[0], "status:", "le:", queues.EVENTS_AGE, queues.MAIL_AGE, LAG)
    rows = [(hour, kept.get(hour, {})) for hour in hours]

    def chart(name: str, title: str, unit: str, parts: dict[str, str], of, **how) -> Chart:
        return Chart(
            name, title, unit, parts, [(f"{hour:%d %b %H:%M}", of(found)) for hour, found in rows], **how
        )

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
    for name, title, reading in (
        ("events", _("Longest event delay"), queues.EVENTS_AGE),
        ("mail-wait", _("Longest email delay"), queues.MAIL_AGE),
        ("lag", _("Search index delay"), LAG),
    ):
        yield chart(
            name,
            title,
            "s",
            {"wait": _("longest")},
            lambda found, reading=reading: {"wait": round(found.get(reading, 0))},
        )


def _outcomes(found: dict[str, float]) -> dict[str, float]:
    return {
        "ok": round(sum(found.get(f"status:{n}xx", 0) for n in (1, 2, 3))),
        "issue": round(found.get("status:4xx", 0)),
        "failed": round(found.get("status:5xx", 0)),
    }


def _times(found: dict[str, float]) -> dict[str, float]:
    buckets = [(float(name[3:]), count) for name, count in found.items() if name.startswith("le:")]
    half, most = (round(1000 * quantile(share, buckets)) for share in (0.5, 0.95))
    return {"half": half, "most": most}


def _daily() -> Iterator[Chart]:
    today = utcnow().replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]

    def chart(name: str, title: str, parts: dict[str, str], found: dict[str, dict[str, float]]) -> Chart:
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


def _day(moment):
    """The UTC day of a column, as text."""
    if db.engine.dialect.name == "sqlite":
        return func.strftime("%Y-%m-%d", moment).label("day")
    return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD").label("day")


def _by_day(statement: Select) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for day, kind, count in db.session.execute(statement):
        found.setdefault(day, {})[kind] = count
    return found


def _mails(since: datetime) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for hour, values in history.since(since, "mail:").items():
        day = found.setdefault(f"{hour:%Y-%m-%d}", {"sent": 0, "failed": 0})
        for name in day:
            day[name] += round(values.get(f"mail:{name}", 0))
    return found
