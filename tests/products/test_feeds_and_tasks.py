"""What ends is in feeds and calendars, and is announced once."""

from datetime import date, timedelta

import feedparser
import pytest
from icalendar import Calendar
from sqlalchemy import select

from core.database.db import db
from core.database.models import Event
from products import actions, queries
from products.tasks import announce_ends

TODAY = date.today()


def ends(days, **more):
    return {"security": TODAY + timedelta(days=days), **more}


def events_of(answer):
    return {event["summary"]: event for event in Calendar.from_ical(answer.text).events}


def test_the_calendar_is_read_back(client, make_product, moderator):
    make_product(
        "windows", {"10-22h2": {"label": "10 22H2", **ends(20)}, "open": {"security": False}}, name="Windows"
    )
    event = events_of(client.get("/lifecycle.ics"))["Windows 10 22H2: security support ends"]
    assert event["dtstart"].dt == TODAY + timedelta(days=20) and event["sequence"] == 0
    product = queries.full("windows")
    actions.edit(next(r for r in product.releases if r.cycle == "10-22h2"), ends(40), by=moderator)
    db.session.commit()
    moved = events_of(client.get("/lifecycle.ics"))["Windows 10 22H2: security support ends"]
    assert moved["uid"] == event["uid"] and moved["sequence"] == 1
    assert moved["dtstart"].dt == TODAY + timedelta(days=40)
    assert len(events_of(client.get("/products/windows.ics"))) == 1


def test_a_calendar_that_did_not_change_is_not_sent_again(client, make_product):
    make_product("x", {"1": ends(5)})
    tag = client.get("/lifecycle.ics").headers["ETag"]
    assert client.get("/lifecycle.ics", headers={"If-None-Match": tag}).status_code == 304


def test_feeds_of_changes_and_of_ends(client, make_product, moderator):
    make_product("x", {"1": ends(60), "2": ends(300), "3": ends(-300)}, name="X")
    product = queries.full("x")
    actions.edit(next(r for r in product.releases if r.cycle == "1"), ends(50), by=moderator)
    db.session.commit()
    changes = feedparser.parse(client.get("/products.atom").data).entries
    assert [entry.title for entry in changes] == ["X 1: dates changed", "X: added"]
    assert str(TODAY + timedelta(days=60)) in changes[0].summary
    coming = feedparser.parse(client.get("/lifecycle.atom").data).entries
    assert [entry.title for entry in coming] == ["X 1: security support ends"]
    assert len({entry.id for entry in [*changes, *coming]}) == 3


def announced():
    db.session.rollback()
    return sorted(
        (e.name, e.data["days"])
        for e in db.session.scalars(select(Event).where(Event.name.in_(("release.ended", "release.ending"))))
    )


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (91, []),
        (90, [("release.ending", 90)]),
        (31, [("release.ending", 90)]),
        (30, [("release.ending", 30)]),
        (8, [("release.ending", 30)]),
        (7, [("release.ending", 7)]),
        (1, [("release.ending", 7)]),
        (0, [("release.ended", 0)]),
        (-7, [("release.ended", 0)]),
        (-8, []),
    ],
)
def test_an_end_is_announced_once(make_product, days, expected):
    make_product("x", {"1": ends(days)})
    announce_ends()
    announce_ends()
    assert announced() == expected


def test_a_moved_end_is_announced_anew_and_a_removed_one_is_not(make_product, moderator):
    make_product("x", {"1": ends(30), "2": ends(30)})
    announce_ends()
    product = queries.full("x")
    actions.edit(product.releases[0], ends(29), by=moderator)
    actions.remove(product.releases[1], by=moderator)
    db.session.commit()
    announce_ends()
    assert announced() == [("release.ending", 30)] * 3


def test_yes_and_no_are_never_announced(make_product):
    make_product("x", {"1": {"security": True}, "2": {"security": False}, "3": {"active": TODAY}})
    announce_ends()
    assert announced() == []
