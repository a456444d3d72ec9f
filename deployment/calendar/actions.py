"""Writes of the calendar: days of its entries, and tags of monthly discussions. Nothing here commits."""

from collections.abc import Iterable
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from core.database.db import db, utcnow
from deployment.calendar.months import Month
from deployment.models import CalendarMark
from posts.models import Tag


def store_days(days: dict[str, date]) -> int:
    """Store the day of each entry by its uid; return how many are new or moved.

    A moved day increments the entry's sequence number (SEQUENCE of RFC 5545).
    """
    known = {
        mark.uid: mark
        for mark in db.session.scalars(
            select(CalendarMark).where(CalendarMark.uid.in_(days)).order_by(CalendarMark.id).with_for_update()
        )
    }
    db.session.add_all(CalendarMark(uid=uid, day=day) for uid, day in days.items() if uid not in known)
    moved = [mark for mark in known.values() if mark.day != days[mark.uid]]
    for mark in moved:
        mark.day = days[mark.uid]
        mark.changed_at = utcnow()
        mark.sequence += 1
    return len(days) - len(known) + len(moved)


def create_tags(months: Iterable[Month]) -> None:
    """Create the missing tags of these months, with a description so that every member may use them."""
    by_name = {month.tag: month for month in months}
    known = set(db.session.scalars(select(Tag.name).where(Tag.name.in_(by_name))))
    for name, month in by_name.items():
        if name not in known:
            about = _("Questions about the patches in %(month)s.", month=month.name)
            db.session.add(Tag(name=name, excerpt=about))
