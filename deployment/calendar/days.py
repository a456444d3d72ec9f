"""Patch days and due dates as days of a calendar, with the sequence that calendar_actions.note() counts."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

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
TOLD_AHEAD = timedelta(days=731)


def coming_months() -> list[Month]:
    """Last month and the two years ahead."""
    now = this_month()
    return [month for number in range(-1, MONTHS_AHEAD + 1) if (month := now.plus(number))]


def patch_uid(month: Month) -> str:
    """What calendars know a patch day by."""
    return f"patch-{month}"


def due_uid(bulletin: Bulletin) -> str:
    """What calendars know a due date by."""
    return f"kev-{bulletin.id}"


def patch_days() -> list[Day]:
    """The patch days of coming_months()."""
    months = coming_months()
    told = _told({patch_uid(month): (month.patch_day, month.patch_instant - TOLD_AHEAD) for month in months})
    return [
        Day(
            patch_uid(month),
            month.patch_day,
            _("Patch day"),
            _clock(month),
            month.path,
            *told[patch_uid(month)],
        )
        for month in months
    ]


def _clock(month: Month) -> str:
    at = month.patch_instant
    return _(
        "From %(time)s (%(zone)s), %(utc)s UTC.",
        time=f"{at.astimezone(rule().zone):%H:%M}",
        zone=rule().zone.key,
        utc=f"{at:%H:%M}",
    )


def due_days(bulletins: Iterable[Bulletin]) -> list[Day]:
    """The days by which KEV wants these bulletins done."""
    found = list(bulletins)
    told = _told({due_uid(row): (row.kev_due_on, _since(row)) for row in found})
    return [
        Day(
            due_uid(row),
            row.kev_due_on,
            _("%(reference)s: due today", reference=row.reference),
            _("%(title)s. Known to be exploited; CISA set this due date.", title=row.title),
            row.url,
            *told[due_uid(row)],
        )
        for row in found
    ]


def _since(bulletin: Bulletin) -> datetime:
    """When a due date became known."""
    listed = datetime.combine(bulletin.kev_added_on or bulletin.kev_due_on, time(), UTC)
    return max(listed, bulletin.published_at or listed)


def _told(days: dict[str, tuple[date, datetime]]) -> dict[str, tuple[int, datetime]]:
    """(sequence, moment of the last change) of each uid; a move that is not noted yet counts already."""
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
def _mine(user) -> list[Day]:
    return [*patch_days(), *due_days(queries.due_of(user, today() - DAYS_BACK))]
