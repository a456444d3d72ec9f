"""Nobody changes the security log: the database refuses it; only old rows go, by the retention task."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from auth.security_log import actions, queries, tasks
from auth.security_log.kinds import KINDS
from auth.security_log.models import SecurityEvent, SecurityOrigin
from core.database.db import at, db, utcnow

pytestmark = pytest.mark.every_database


def count(model=SecurityEvent):
    return db.session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def row(app, member):
    with app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.7"}):
        made = actions.record("login", user=member, actor=member)
    db.session.commit()
    return made


@pytest.mark.parametrize(
    "statement",
    [
        update(SecurityEvent).values(kind="logout"),
        update(SecurityOrigin).values(address="192.0.2.1"),
        delete(SecurityEvent),
        text("UPDATE security_events SET user_id = NULL"),
    ],
    ids=str,
)
def test_rows_cannot_be_changed_nor_recent_ones_deleted(row, statement):
    with pytest.raises(DBAPIError):  # noqa: PT012  (either may raise)
        db.session.execute(statement)
        db.session.commit()
    db.session.rollback()
    assert count() == 1
    assert db.session.get(SecurityEvent, row.id, populate_existing=True).kind == "login"


def test_a_row_cannot_be_replaced_nor_the_table_emptied_at_once(row):
    lite = db.engine.dialect.name == "sqlite"
    statement = (
        "INSERT OR REPLACE INTO security_events SELECT * FROM security_events"
        if lite
        else "TRUNCATE security_events CASCADE"
    )
    with pytest.raises(DBAPIError):
        db.session.execute(text(statement))
    db.session.rollback()
    assert count() == 1


def test_the_retention_task_deletes_addresses_first_and_old_rows_later(app, member):
    now = utcnow()
    for days in (0, 29, 31, 399, 401):
        with at(now - timedelta(days=days)), app.test_request_context(environ_base={"REMOTE_ADDR": "::1"}):
            actions.record("login", user=member.id)
    db.session.commit()
    tasks.forget_old_security_events()
    assert (count(), count(SecurityOrigin)) == (4, 2)


def test_what_is_typed_is_no_fact_and_unknown_kinds_are_refused(app):
    row = actions.record("refused", endpoint="kb.new", note="two words", mail="a@b.example", number=3)
    assert row.facts == {"endpoint": "kb.new", "number": 3}
    with pytest.raises(KeyError):
        actions.record("no-such-kind")


def test_what_anybody_can_cause_is_written_so_often_an_hour(app, member, other):
    for _ in range(KINDS["refused"].max_an_hour + 5):
        actions.record("refused", user=member)
    actions.record("refused", user=other)
    assert count() == KINDS["refused"].max_an_hour + 1


def test_a_kind_is_full_until_the_oldest_of_its_hour_is_an_hour_old(app, member):
    start, most = utcnow(), KINDS["refused"].max_an_hour
    for minute in range(most):
        assert actions.full_until("refused", member.id) is None
        with at(start + timedelta(seconds=minute)):
            assert actions.record("refused", user=member)
    end = actions.full_until("refused", member.id)
    assert abs(end - start - actions.HOUR) < timedelta(seconds=1)
    with at(end - timedelta(seconds=1)):
        assert actions.record("refused", user=member) is None
    with at(end + timedelta(seconds=0.5)):
        assert actions.record("refused", user=member).facts == {}


def test_an_address_is_written_with_a_limited_kind_and_only_with_it(app, member):
    with app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.7"}):
        rows = [
            actions.record("data_exported", user=member)
            for _ in range(KINDS["data_exported"].max_an_hour + 2)
        ]
    assert rows[0].origin.address == "203.0.113.7" and rows[-1] is None
    assert count() == count(SecurityOrigin) == KINDS["data_exported"].max_an_hour


def test_the_number_of_a_removed_account_shows_its_successor_nothing(app, make_user):
    first = make_user("first")
    actions.record("login", user=first)
    db.session.commit()
    first.created_at = utcnow() + timedelta(seconds=1)  # as if another account had the number now
    db.session.commit()
    assert queries.own(first).items == []
