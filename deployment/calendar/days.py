"""Patch days and due dates as entries of a calendar, with the sequence numbers of actions.store_days()."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from auth.models import User
from bulletins.models import Bulletin
from core.database.db import db, utcnow
from core.formats.calendars import Day
from deployment.calendar import queries
from deployment.calendar.months import Month, rule, this_month
from deployment.models import CalendarMark
from inventory import private_calendar
from products.queries import today

MONTHS_AHEAD = 24
DAYS_BACK = timedelta(days=30)
ANNOUNCED_BEFORE = timedelta(days=731)  # a patch day, at the latest


def coming_months() -> list[Month]:
    """The previous month to MONTHS_AHEAD months ahead."""
    now = this_month()
    return [month for number in range(-1, MONTHS_AHEAD + 1) if (month := now.plus(number))]


def patch_uid(month: Month) -> str:
    """The uid of a patch day."""
    return f"patch-{month}"


def due_uid(bulletin: Bulletin) -> str:
    """The uid of a bulletin's due date."""
    return f"kev-{bulletin.id}"


def patch_days() -> list[Day]:
    """The patch days of coming_months()."""
    months = coming_months()
    versions = _versions(
        {patch_uid(month): (month.patch_day, month.patch_time - ANNOUNCED_BEFORE) for month in months}
    )
    return [
        Day(
            patch_uid(month),
            month.patch_day,
            _("Patch day"),
            _time_text(month),
            month.path,
            *versions[patch_uid(month)],
        )
        for month in months
    ]


def _time_text(month: Month) -> str:
    at = month.patch_time
    return _(
        "From %(time)s (%(zone)s), %(utc)s UTC.",
        time=f"{at.astimezone(rule().zone):%H:%M}",
        zone=rule().zone.key,
        utc=f"{at:%H:%M}",
    )


def due_days(bulletins: Iterable[Bulletin]) -> list[Day]:
    """The KEV due dates of these bulletins."""
    due = [(row, row.kev_due_on) for row in bulletins if row.kev_due_on is not None]
    versions = _versions({due_uid(row): (due_on, _known_since(row, due_on)) for row, due_on in due})
    return [
        Day(
            due_uid(row),
            due_on,
            _("%(reference)s: due today", reference=row.reference),
            _("%(title)s. Known to be exploited; CISA set this due date.", title=row.title),
            row.url,
            *versions[due_uid(row)],
        )
        for row, due_on in due
    ]


def _known_since(bulletin: Bulletin, due_on: date) -> datetime:
    """The time at which a due date became known (UTC)."""
    listed = datetime.combine(bulletin.kev_added_on or due_on, time(), UTC)
    return max(listed, bulletin.published_at or listed)


def _versions(days: dict[str, tuple[date, datetime]]) -> dict[str, tuple[int, datetime]]:
    """The sequence number and the time of the last change of entries, by uid.

    `days` are the current day and the time it became known. A move that is not stored yet counts already.
    """
    marks = {
        mark.uid: mark for mark in db.session.scalars(select(CalendarMark).where(CalendarMark.uid.in_(days)))
    }
    midnight = datetime.combine(utcnow().date(), time(), UTC)
    found = {}
    for uid, (day, since) in days.items():
        mark = marks.get(uid)
        if mark is None:
            found[uid] = (0, since)
        elif mark.day == day:
            found[uid] = (mark.sequence, mark.changed_at if mark.sequence else since)
        else:
            found[uid] = (mark.sequence + 1, max(midnight, mark.changed_at))
    return found


@private_calendar.register_calendar_part
def _mine(user: User) -> list[Day]:
    return [*patch_days(), *due_days(queries.due_of(user, today() - DAYS_BACK))]
