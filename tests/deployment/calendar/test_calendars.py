"""Calendars to subscribe to: identities that stay, sequences that rise, nothing that is not public."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from core.database.db import db
from core.jobs import events
from core.monthly import Monthly
from deployment import tasks
from inventory import actions
from products.queries import full

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DUE = date(2026, 12, 1)


def days(answer):
    assert answer.status_code == 200
    return {str(event["uid"]).split("@")[0]: event for event in Calendar.from_ical(answer.text).events}


@pytest.fixture
def exploited(make_product, make_bulletin):
    make_product("acme-reader", {"9": {"security": date(2027, 3, 31)}})
    return make_bulletin(exploited_until=DUE)


@pytest.fixture
def frozen(app, monkeypatch):
    """What looks at the clock for calendars sees NOON, in every context."""
    for module in (
        "deployment.calendar.months",
        "deployment.calendar.days",
        "deployment.calendar.actions",
        "products.queries",
    ):
        monkeypatch.setattr(f"{module}.utcnow", lambda: NOON)


def test_patch_days_due_dates_and_ends(client, frozen, exploited):
    found = days(client.get("/calendar.ics"))
    assert found["patch-2026-12"]["dtstart"].dt == date(2026, 12, 8)
    assert "18:00 UTC" in found["patch-2026-12"]["description"]
    assert sum(uid.startswith("patch-") for uid in found) == 26 and "patch-2028-11" in found
    assert found[f"kev-{exploited.id}"]["dtstart"].dt == DUE
    assert exploited.reference in found[f"kev-{exploited.id}"]["summary"]
    ends = [event["dtstart"].dt for uid, event in found.items() if uid.startswith("phase-")]
    assert ends == [date(2027, 3, 31)]


def test_what_did_not_change_is_the_same_bytes(client, frozen, exploited, drain):
    before = client.get("/calendar.ics")
    drain()
    tasks.update_calendar()
    after = client.get("/calendar.ics", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 304


def test_a_moved_due_date_counts_up(client, frozen, exploited, drain):
    drain()
    uid = f"kev-{exploited.id}"
    for number, day in enumerate((date(2026, 12, 5), date(2026, 12, 9)), 1):
        exploited.kev_due_on = day
        events.record("bulletin.ranked", subject=exploited)
        db.session.commit()
        assert days(client.get("/calendar.ics"))[uid]["sequence"] == number, "at once"
        drain()
        event = days(client.get("/calendar.ics"))[uid]
        assert (event["sequence"], event["dtstart"].dt) == (number, day), "and after it was noted"


def test_another_rule_moves_the_patch_days_and_counts_up(app, client, frozen):
    tasks.update_calendar()
    before = days(client.get("/calendar.ics"))["patch-2026-12"]
    app.config["REDOUBT_PATCH_DAY"] = Monthly.parse("3WE 09:00 UTC")
    for _ in range(2):
        after = days(client.get("/calendar.ics"))["patch-2026-12"]
        assert (after["sequence"], after["dtstart"].dt) == (1, date(2026, 12, 16))
        assert after["dtstamp"].dt >= before["dtstamp"].dt
        tasks.update_calendar()


def test_a_withdrawn_bulletin_leaves_the_calendar(client, frozen, exploited, withdraw):
    withdraw(exploited)
    assert f"kev-{exploited.id}" not in days(client.get("/calendar.ics"))


def test_the_private_calendar_has_patch_days_and_what_concerns_me(
    client, frozen, member, exploited, make_product, make_bulletin
):
    make_product("acme-server", {"1": {}}, name="Acme Server")
    alien = make_bulletin("Z", exploited_until=DUE, products=[("Acme Server 1", "Acme", "Server", "1")])
    address = actions.renew_address(member)
    reader = full("acme-reader")
    actions.add_products(member, [(reader, reader.live_releases[0])])
    db.session.commit()
    found = days(client.get(f"/my/{actions.calendar_secret(address)}.ics"))
    assert "patch-2026-12" in found and f"kev-{exploited.id}" in found
    assert f"kev-{alien.id}" not in found
    assert any(uid.startswith("phase-") for uid in found)


def test_old_due_dates_are_left_out(client, frozen, make_product, make_bulletin):
    make_product()
    old = make_bulletin(exploited_until=NOON.date() - timedelta(days=31))
    assert f"kev-{old.id}" not in days(client.get("/calendar.ics"))
