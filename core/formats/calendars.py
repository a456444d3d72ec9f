"""iCalendar files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from flask import Response, current_app, request
from icalendar import Calendar, Event

from core.mail.mail import site_url

REFRESH_INTERVAL = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """An all-day event. `uid` never changes; `sequence` grows with each change (RFC 5545, 3.8.7.4)."""

    uid: str
    day: date
    summary: str
    description: str
    path: str
    sequence: int
    changed_at: datetime


def to_ics(title: str, days: Iterable[Day]) -> bytes:
    """The days as an iCalendar file; the same days always give the same bytes."""
    name = current_app.config["REDOUBT_SITE_NAME"]
    base = site_url()
    calendar = Calendar()
    calendar.add("prodid", f"-//{_plain(name)}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _plain(f"{title} · {name}"))
    calendar.add("refresh-interval", REFRESH_INTERVAL, parameters={"VALUE": "DURATION"})
    for day in days:
        calendar.add_component(_event(day, base))
    return calendar.to_ical()


def _event(day: Day, base: str) -> Event:
    event = Event()
    event.add("uid", f"{day.uid}@{urlsplit(base).hostname}")
    event.add("dtstamp", day.changed_at)
    event.add("last-modified", day.changed_at)
    event.add("sequence", day.sequence)
    event.add("dtstart", day.day)
    event.add("dtend", day.day + timedelta(days=1))
    event.add("summary", _plain(day.summary))
    event.add("description", _plain(day.description))
    event.add("url", base + day.path)
    event.add("transp", "TRANSPARENT")
    return event


def _plain(text: str) -> str:
    """`text` without control characters, which the format cannot escape."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def calendar_response(title: str, days: Iterable[Day]) -> Response:
    """The calendar as a response with an ETag; 304 for a client that has it."""
    response = Response(to_ics(title, days), mimetype="text/calendar")
    response.add_etag()
    response.make_conditional(request)
    return response
