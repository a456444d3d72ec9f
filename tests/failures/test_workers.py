"""Three workers, as many hosts have them, on one database: every event is heard once, whoever is ended."""

import sys
from collections import Counter

import pytest

from app import create_app
from bench.programs import Program
from core.database import schema
from core.database.db import db
from core.database.models import Event
from core.jobs import events
from tests.failures.processes import wait_until

pytestmark = [pytest.mark.long, pytest.mark.postgres]
MANY = 1500


@pytest.fixture(scope="module")
def workers(postgres, tmp_path_factory):
    """Three of them, hearing, until a test ends one; the table `heard` says what they heard."""
    folder, url = tmp_path_factory.mktemp("workers"), postgres.create("heard")
    site = create_app(REDOUBT_INSTANCE=folder, REDOUBT_WORKER="off", REDOUBT_DATABASE_URL=url)
    with site.app_context():
        schema.ensure()
        db.session.execute(db.text("CREATE TABLE heard (event integer, worker integer)"))
        db.session.commit()
        command = [sys.executable, "-m", "tests.failures.hearing"]
        made = [
            Program(
                command,
                folder / f"{number}.log",
                REDOUBT_DATABASE_URL=url,
                REDOUBT_INSTANCE=folder / f"{number}",
            )
            for number in range(3)
        ]
        for count, program in enumerate(made, 1):
            wait_until(lambda count=count: record(5) and len(hearers()) >= count, program.output() or "hears")
        yield made
        for program in made:
            program.kill()
        db.session.remove()
        db.engine.dispose()


def record(count):
    made = [events.record("probe.made") for _ in range(count)]
    db.session.commit()
    return {event.id for event in made}


def heard():
    """How often each event was heard."""
    found = Counter(db.session.scalars(db.text("SELECT event FROM heard")))
    db.session.commit()
    return found


def hearers():
    found = set(db.session.scalars(db.text("SELECT DISTINCT worker FROM heard")))
    db.session.commit()
    return found


def waiting():
    count = db.session.scalar(db.select(db.func.count()).where(Event.done_at.is_(None)))
    db.session.commit()
    return count


def claimers():
    found = set(db.session.scalars(db.select(Event.claimed_by).where(Event.done_at.is_(None)).distinct()))
    db.session.commit()
    return found


def test_each_event_is_heard_by_one(workers):
    wanted = record(MANY)
    wait_until(lambda: not waiting(), "all are heard")
    assert wanted <= set(heard()) and set(heard().values()) == {1}
    assert len(hearers()) == 3


def test_what_a_killed_worker_had_is_heard_when_its_claim_has_run_out(workers):
    before, wanted = heard(), record(MANY)
    wait_until(lambda: len(heard()) > len(before), "they begin")
    workers[0].kill()
    wait_until(lambda: None not in (left := claimers()) and len(left) <= 1, "the others hear the rest")
    past = db.update(Event).where(Event.done_at.is_(None)).values(claimed_until=Event.created_at)
    db.session.execute(past)
    db.session.commit()
    wait_until(lambda: not waiting(), "all are heard")
    assert wanted <= set(heard())
    assert sum(count - 1 for count in heard().values()) <= 10, "the batch it had written, but not settled"


def test_who_is_asked_to_end_leaves_nothing_half_done(workers):
    before, wanted = heard(), record(MANY)
    wait_until(lambda: len(heard()) > len(before), "they begin")
    assert workers[1].stop() == 0
    wait_until(lambda: not waiting(), "the third hears the rest")
    after = heard()
    assert {after[event] for event in wanted} == {1}
