"""What calendars were told, so that a day that moves counts up (SEQUENCE). Nothing here commits."""

from datetime import date

from sqlalchemy import select

from core.database.db import db, utcnow
from deployment.models import CalendarMark


def note(days: dict[str, date]) -> int:
    """Remember the day of each uid; returns how many are new or moved."""
    known = {
        mark.uid: mark
        for mark in db.session.scalars(
            select(CalendarMark).where(CalendarMark.uid.in_(days)).order_by(CalendarMark.id).with_for_update()
        )
    }
    db.session.add_all(CalendarMark(uid=uid, day=day) for uid, day in days.items() if uid not in known)
    moved = [mark for mark in known.values() if mark.day != days[mark.uid]]
    for mark in moved:
        mark.day, mark.changed_at = days[mark.uid], utcnow()
        mark.sequence += 1
    return len(days) - len(known) + len(moved)
