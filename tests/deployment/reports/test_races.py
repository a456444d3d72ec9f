"""Reports and thanks at the same time: one row, every report counted, points exact."""

import threading

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from auth import actions as accounts
from auth import reputation
from auth.models import User
from core.database.db import db
from core.database.models import Event
from deployment.models import DeploymentReport, DeploymentTally, HelpfulMark
from deployment.reports import queries

pytestmark = pytest.mark.every_database


@pytest.fixture
def browser(app):
    """browser(user) → a client that a thread may use."""

    def make(user):
        client = FlaskClient(app, app.response_class)
        token = accounts.open_session(user)
        db.session.commit()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return client

    return make


def at_once(clients, path, data) -> list[int]:
    """Post to a path from all clients at once, `data(number)`; the status codes."""
    db.session.commit()
    ready, codes = threading.Barrier(len(clients)), [0] * len(clients)

    def run(number):
        ready.wait()
        codes[number] = clients[number].post(path, data=data(number)).status_code

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    return codes


def count(entity, *where) -> int:
    return db.session.scalar(select(func.count()).select_from(entity).where(*where))


def test_two_reports_of_one_member_are_one(browser, member, bulletin):
    outcomes = ["ok", "failed"] * 6
    codes = at_once(
        [browser(member) for _ in outcomes],
        f"{bulletin.url}/reports",
        lambda n: {"ring": "pilot", "outcome": outcomes[n], "release": "acme-reader/9"},
    )
    assert set(codes) == {302}
    [row] = db.session.scalars(select(DeploymentReport))
    assert queries.of_bulletin(bulletin).counts[row.outcome] == 1
    assert count(DeploymentTally) == 1 and queries.of_bulletin(bulletin).total == 1


def test_reports_of_many_are_all_counted_and_the_spike_is_notified_once(browser, make_user, bulletin):
    clients = [browser(make_user()) for _ in range(12)]
    codes = at_once(clients, f"{bulletin.url}/reports", lambda n: {"ring": "broad", "outcome": "failed"})
    assert set(codes) == {302}
    assert queries.of_bulletin(bulletin).total == 12
    assert count(Event, Event.name == "bulletin.risk_raised") == 1


def test_thanks_of_one_member_are_one(browser, member, make_user, bulletin, report):
    author = make_user()
    row = report(bulletin, author)
    clients = [browser(member) for _ in range(10)]
    codes = at_once(clients, f"/reports/{row.id}/helpful", lambda n: {"helpful": "1"})
    assert set(codes) == {302}
    assert count(HelpfulMark) == 1
    assert db.session.get(User, author.id, populate_existing=True).reputation == 3
    assert [fault for fault in reputation.verify() if not fault.startswith("test:")] == []
