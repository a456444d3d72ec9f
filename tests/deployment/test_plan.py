"""A rollout plan: days counted from patch day, the deadline of what is exploited and still open."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from core.database.db import db
from deployment.plans.schedule import draw_up
from inventory import actions
from products.queries import full

PATCH_DAY = date(2026, 11, 10)


def test_days_are_counted_from_patch_day():
    plan = draw_up(PATCH_DAY, 2, 7, [date(2026, 12, 1), date(2026, 11, 20)])
    assert (plan.pilot, plan.broad) == (date(2026, 11, 12), date(2026, 11, 17))
    assert plan.deadline == date(2026, 11, 20) and not plan.is_late
    assert draw_up(PATCH_DAY, 2, 11, [date(2026, 11, 20)]).is_late
    assert not draw_up(PATCH_DAY, 90, 90, []).is_late


@given(st.integers(0, 90), st.integers(0, 90))
def test_the_pilot_is_never_last(pilot, broad):
    plan = draw_up(PATCH_DAY, pilot, broad, [])
    assert PATCH_DAY <= plan.pilot <= plan.broad


@pytest.fixture
def mine(member, make_product, make_bulletin):
    """Two bulletins for what the member runs, one for what they do not, and a draft."""
    reader = make_product()
    make_product("acme-server", {"1": {}}, name="Acme Server")
    first = make_bulletin(
        "A", exploited_until=date(2026, 11, 16), title="Acme Reader: *bold* [x](http://evil) | a"
    )
    second = make_bulletin("B", severity="low", exploited_until=date(2026, 11, 30))
    make_bulletin("C", title="Acme Server only", products=[("Acme Server 1", "Acme", "Server", "1")])
    make_bulletin("D", title="A canary under embargo", status="draft", exploited_until=date(2026, 11, 11))
    actions.own(member, [(full(reader.slug), None)])
    db.session.commit()
    return first, second


def test_the_plan_lists_what_i_run(login, member, mine):
    page = login(member).get("/calendar/2026-11/plan?pilot=3&broad=5").text
    assert all(bulletin.reference in page for bulletin in mine)
    assert "Acme Server only" not in page and "canary" not in page
    assert all(f"{day} Nov 2026" in page for day in (13, 15, 16)) and "Too late" not in page
    assert "Too late" in login(member).get("/calendar/2026-11/plan?broad=7").text


def test_the_plan_lists_what_a_moderator_runs(login, moderator, mine):
    """The head of a moderator's page counts the queue; that number is no list of tasks."""
    actions.own(moderator, [(full("acme-reader"), None)])
    db.session.commit()
    assert mine[0].reference in login(moderator).get("/calendar/2026-11/plan").text


def test_what_is_installed_broadly_has_no_deadline(login, member, mine, report):
    report(mine[0], member, "ok", ring="pilot")
    assert "16 Nov 2026" in login(member).get("/calendar/2026-11/plan").text.split("<table")[0]
    report(mine[0], member, "ok", ring="broad")
    page = login(member).get("/calendar/2026-11/plan").text
    assert "30 Nov 2026" in page.split("<table")[0] and "✓ done" in page


def test_others_do_not_see_it(login, client, other, mine):
    page = login(other).get("/calendar/2026-11/plan").text
    assert mine[0].reference not in page and "Choose your products first" in page
    for door in ("", ".csv", ".md", ".ics"):
        answer = client.get(f"/calendar/2026-11/plan{door}")
        assert answer.status_code == 302 and "/login" in answer.headers["Location"]


def test_files(login, member, mine):
    browser = login(member)
    lines = browser.get("/calendar/2026-11/plan.csv?pilot=1&broad=4").text.splitlines()
    assert len(lines) == 3 and "2026-11-11,2026-11-14,2026-11-16,false" in lines[1]
    text = browser.get("/calendar/2026-11/plan.md").text
    assert f"- [ ] [{mine[0].reference}](" in text and "exploited, due 2026-11-16" in text
    assert r"\*bold\* \[x\]\(http://evil\) \| a" in text, "a title is shown, not run"
    answer = browser.get("/calendar/2026-11/plan.ics?pilot=1&broad=4")
    events = {str(e["summary"]): e for e in Calendar.from_ical(answer.text).events}
    assert events["Pilot deployment"]["dtstart"].dt == date(2026, 11, 11)
    assert events["Broad deployment"]["dtstart"].dt == date(2026, 11, 14)
    assert len(events) == 4
    again = browser.get("/calendar/2026-11/plan.ics?pilot=9&broad=9")
    moved = {str(e["summary"]): e for e in Calendar.from_ical(again.text).events}
    before, after = (each["Pilot deployment"] for each in (events, moved))
    assert before["uid"] == after["uid"] and after["sequence"] >= before["sequence"]


@pytest.mark.parametrize("query", ["pilot=-5&broad=abc", "pilot=99999999999999999999", "pilot=", "broad=1.5"])
def test_odd_numbers_are_kept_in_bounds(login, member, mine, query):
    for door in ("", ".csv", ".md", ".ics"):
        assert login(member).get(f"/calendar/2026-11/plan{door}?{query}").status_code == 200


def test_an_empty_plan_is_a_file_too(login, other):
    for door in (".csv", ".md", ".ics"):
        assert login(other).get(f"/calendar/2026-11/plan{door}").status_code == 200


def test_a_program_reads_the_plan(api, client, member, other, mine, report):
    report(mine[0], member, "ok", ring="broad")
    body = api(member)("GET", "/calendar/2026-11/plan?pilot=3&broad=25").json
    assert [body[name] for name in ("month", "patch_day", "pilot_on", "broad_on", "deadline", "is_late")] == [
        "2026-11",
        "2026-11-10",
        "2026-11-13",
        "2026-12-05",
        "2026-11-30",
        True,
    ]
    assert [(item["reference"], item["due_on"], item["is_done"]) for item in body["items"]] == [
        (mine[0].reference, "2026-11-16", True),
        (mine[1].reference, "2026-11-30", False),
    ]
    assert api(other)("GET", "/calendar/2026-11/plan").json["items"] == []
    assert api(member)("GET", "/calendar/2026-11/plan?pilot=91").status_code == 400
    assert client.get("/api/v1/calendar/2026-11/plan").status_code == 401
