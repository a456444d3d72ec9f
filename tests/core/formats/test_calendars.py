"""Calendars read back by the library others use."""

from datetime import UTC, date, datetime

from icalendar import Calendar

from core.formats.calendars import Day, to_ics


def day(**changes):
    facts = {
        "uid": "x-1",
        "day": date(2026, 10, 13),
        "summary": "It ends",
        "description": "All of it",
        "path": "/products/x",
        "sequence": 2,
        "changed_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Day(**{**facts, **changes})


def test_an_all_day_event_with_a_stable_id(app):
    [event] = Calendar.from_ical(to_ics("Ends", [day()])).events
    assert event["uid"] == "x-1@localhost" and event["sequence"] == 2
    assert event["dtstart"].dt == date(2026, 10, 13) and event["dtend"].dt == date(2026, 10, 14)
    assert event["summary"] == "It ends" and event["url"] == "http://localhost:8000/products/x"
    assert to_ics("Ends", [day()]) == to_ics("Ends", [day()])


def test_text_cannot_end_its_line(app):
    hostile = "x\r\nBEGIN:VEVENT\nUID:evil, ; \\ \x00\x85\u2028"
    calendar = Calendar.from_ical(to_ics("Ends", [day(summary=hostile, description=hostile)]))
    assert len(calendar.events) == 1 and calendar.events[0]["uid"] == "x-1@localhost"


def test_no_line_is_longer_than_75_bytes(app):
    raw = to_ics("Ends", [day(summary="ü" * 200)])
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
