"""When failures rise: told once, shown with its reasons, over when its reports are old or gone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from auth.models import User
from core.database.db import at, db, utcnow
from core.database.models import Event
from deployment import tasks
from deployment.reports import actions
from deployment.reports.failure_spikes import Recent, is_failure_spike

pytestmark = pytest.mark.every_database


@pytest.mark.parametrize(
    ("members", "failing", "expected"),
    [
        (3, 3, True),
        (2, 2, False),
        (15, 3, True),
        (16, 3, False),
        (100, 20, True),
        (101, 20, False),
        (0, 0, False),
    ],
)
def test_the_rule(members, failing, expected):
    assert is_failure_spike(Recent(members, failing)) is expected


def told():
    db.session.rollback()
    return [
        event.data["reasons"]
        for event in db.session.scalars(
            select(Event).where(Event.name == "bulletin.risk_raised").order_by(Event.id)
        )
    ]


def flagged(bulletin):
    db.session.refresh(bulletin)
    return bulletin.has_failures


@pytest.fixture
def fail(make_user, report):
    """fail(bulletin, n, **more): so many members report a failure; gives the reports."""

    def make(bulletin, number, **more):
        return [
            report(bulletin, make_user(), "failed" if n % 2 else "rolled_back", **more) for n in range(number)
        ]

    return make


def test_three_members_raise_it_once(client, bulletin, fail):
    fail(bulletin, 2)
    assert not flagged(bulletin) and told() == []
    fail(bulletin, 1, note="The print spooler is dead after it")
    assert flagged(bulletin) and told() == [["failures_reported"]]
    fail(bulletin, 4)
    assert told() == [["failures_reported"]]
    page = client.get(bulletin.url).text
    assert "The print spooler is dead after it" in page.split("Deployment reports")[0]
    assert "7 of 7 members reported" in page


def test_one_member_alone_raises_nothing(member, bulletin, report):
    for number in range(9):
        report(bulletin, member, "failed", target=f"Kiosk {number}")
    assert not flagged(bulletin) and told() == []


def test_many_successes_outweigh_three_failures(make_user, bulletin, fail, report):
    for _ in range(13):
        report(bulletin, make_user(), "ok")
    fail(bulletin, 3)
    assert not flagged(bulletin)


def test_many_successes_of_one_member_hide_nothing(member, bulletin, fail, report):
    for number in range(40):
        report(bulletin, member, "ok", target=f"Kiosk {number}")
    fail(bulletin, 3)
    assert flagged(bulletin)


def test_old_failures_count_no_more(bulletin, fail):
    fail(bulletin, 2, days_ago=8)
    fail(bulletin, 1)
    assert not flagged(bulletin)


def test_it_ends_by_itself_and_may_rise_again(bulletin, fail):
    fail(bulletin, 3)
    tasks.calm_down()
    assert flagged(bulletin), "as long as its reasons are young"
    with at(utcnow() + timedelta(days=8)):
        tasks.calm_down()
        assert not flagged(bulletin)
        fail(bulletin, 3)
        db.session.commit()
    assert flagged(bulletin) and len(told()) == 2


def test_taking_a_failure_back_and_forth_alerts_nobody_twice(bulletin, fail, report):
    *_others, last = fail(bulletin, 3)
    member = db.session.get(User, last.user_id)
    for outcome in ("ok", "failed", "ok", "failed"):
        report(bulletin, member, outcome)
    assert len(told()) == 1


def test_a_moderator_ends_a_false_alarm(moderator, bulletin, fail):
    rows = fail(bulletin, 3)
    actions.remove(rows[0], by=moderator)
    db.session.commit()
    assert not flagged(bulletin)


def test_hidden_reports_give_no_reason(client, moderator, bulletin, fail):
    rows = fail(bulletin, 5, note="A canary in the note")
    for row in rows[:2]:
        actions.remove(row, by=moderator)
    db.session.commit()
    assert flagged(bulletin)
    assert client.get(bulletin.url).text.count("A canary in the note") == 3
