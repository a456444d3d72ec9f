"""Visitors read a streaming replica while it keeps up, everybody else the primary; real servers."""

import itertools
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, text

from app import create_app
from auth import actions as auth
from bench.programs import Program
from core.checks import database, health
from core.checks.health import Level
from core.database import schema
from core.database.db import db
from core.database.replicas import MAX_LAG_SECONDS, RESULT_TTL_SECONDS
from core.markup.markup import render
from forum.models import Question
from posts import actions as posts
from tests.conftest import BODY
from tests.failures.processes import wait_until
from tests.failures.servers import Postgres
from tests.sites import Browser

pytestmark = [pytest.mark.long, pytest.mark.postgres]
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def pair():
    """(primary, replica), which reach one another and us through sockets alone."""
    folder = Path(tempfile.mkdtemp(prefix="redoubt-pair-"))
    folder.chmod(0o755)
    alone = {"listen_addresses": "", "synchronous_standby_names": ""}
    primary = Postgres("db1", folder, Program, **alone)
    replica = Postgres(
        "db2", folder, Program, **alone, primary_conninfo=f"host={primary.folder} user=redoubt"
    )
    try:
        primary.initialize()
        primary.start()
        primary.ask("CREATE DATABASE redoubt", "postgres")
        replica.follow(primary)
        replica.start()
        yield primary, replica
    finally:
        for server in (primary, replica):
            if server.program:
                server.program.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def built(pair):
    primary, replica = pair
    folder = Path(tempfile.mkdtemp(prefix="redoubt-site-"))
    site = create_app(
        REDOUBT_INSTANCE=folder,
        REDOUBT_WORKER="off",
        REDOUBT_RATE_LIMITS="off",
        REDOUBT_DATABASE_URL=primary.url(),
        REDOUBT_REPLICA_URLS=replica.url(),
    )
    site.config.update(WTF_CSRF_ENABLED=False)
    site.test_client_class = Browser
    with site.app_context():
        schema.ensure()
    yield site
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def site(pair, built):
    """The site; its replica runs, follows and is read."""
    if pair[1].program.process.poll() is not None:
        pair[1].start()
    if pair[1].ask("SELECT pg_is_wal_replay_paused()")[0][0]:
        pair[1].ask("SELECT pg_wal_replay_resume()")
    with built.app_context():
        wait_until(lambda: built.extensions["replicas"].choose(), "the replica is read")
        yield built
        db.session.remove()


@pytest.fixture
def asked(site):
    def ask(title):
        author = auth.make_user(f"asker{next(numbers)}", confirmed=True)
        question = posts.create(Question(title=title, author_id=author.id), render(BODY), tags=("patching",))
        db.session.commit()
        return question

    return ask


@pytest.fixture
def frozen(pair, site, monkeypatch):
    """The replica gets no further, and the site goes on to read it."""
    replicas = site.extensions["replicas"]
    monkeypatch.setattr(replicas, "leave_out", lambda engine: None)
    monkeypatch.setattr(replicas, "good_until", dict.fromkeys(replicas.engines, float("inf")))
    pair[1].ask("SELECT pg_wal_replay_pause()")


@contextmanager
def statements_of(engine):
    found = []

    def note(connection, cursor, statement, *rest):
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _reads(statements):
    return [statement for statement in statements if "_lsn()" not in statement]


def test_a_visitor_reads_one_server_only(site, asked):
    asked("Which of the two servers answers a visitor?")
    replica = site.extensions["replicas"].engines[0]
    with statements_of(replica) as there, statements_of(db.engine) as here:
        assert site.test_client().get("/questions?sort=votes").status_code == 200
    assert _reads(there) and not _reads(here)


def test_a_member_reads_and_writes_the_primary(site):
    token = auth.open_session(auth.make_user("reader", confirmed=True))
    db.session.commit()
    client = site.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    with statements_of(site.extensions["replicas"].engines[0]) as there:
        assert "reader" in client.get("/").text
        client.post("/logout")
    assert not _reads(there)


def test_what_a_replica_has_not_yet_is_asked_of_the_primary(site, frozen, asked):
    question = asked("Who finds what was written a moment ago?")
    assert question.title not in site.test_client().get("/questions").text, "the replica was asked"
    assert question.title in site.test_client().get(question.url).text


def test_a_replica_that_falls_behind_is_left_out_and_taken_again(pair, site, asked):
    replicas = site.extensions["replicas"]
    pair[1].ask("SELECT pg_wal_replay_pause()")
    question = asked("Does a visitor see this at once?")
    wait_until(lambda: replicas.choose() is None, "left out")
    assert question.title in site.test_client().get("/questions").text
    pair[1].ask("SELECT pg_wal_replay_resume()")
    wait_until(replicas.choose, "taken again")
    with statements_of(replicas.engines[0]) as there:
        assert question.title in site.test_client().get("/questions?sort=active").text
    assert _reads(there)


def test_a_page_kept_from_a_replica_is_replaced_when_it_has_moved_on(pair, site, frozen, asked):
    before = site.test_client().get("/questions").data
    question = asked("Is the page that was kept an old one?")
    assert site.test_client().get("/questions").data == before
    pair[1].ask("SELECT pg_wal_replay_resume()")
    wait_until(lambda: pair[1].ask(f"SELECT 1 FROM posts WHERE id = {question.id}"), "replayed")
    assert question.title in site.test_client().get("/questions").text


def test_what_was_deleted_is_gone_within_the_stated_seconds_though_the_replica_lags(pair, site, asked):
    """Read all the time, from caches too, while the replica gets no further."""
    question = asked("Is it still there after it was deleted?")
    client, path = site.test_client(), question.url
    wait_until(lambda: client.get(path).status_code == 200, "shown")
    pair[1].ask("SELECT pg_wal_replay_pause()")
    posts.delete(question, by=auth.make_user(f"moderator{next(numbers)}", role="moderator", confirmed=True))
    db.session.commit()
    deleted = time.monotonic()
    wait_until(lambda: client.get(path).status_code == 404, "gone", MAX_LAG_SECONDS + RESULT_TTL_SECONDS)
    assert [client.get(path).status_code for _ in range(5)] == [404] * 5
    assert time.monotonic() - deleted < 2 * (MAX_LAG_SECONDS + RESULT_TTL_SECONDS)
    assert question.title not in client.get("/questions").text


def test_nobody_notices_that_the_replica_died(pair, site):
    pair[1].program.kill()
    assert site.test_client().get("/questions?sort=unanswered").status_code == 200
    assert site.extensions["replicas"].choose() is None
    pair[1].start()
    wait_until(site.extensions["replicas"].choose, "taken again")


def test_an_answer_stands_when_the_server_dies_behind_it(pair, site, monkeypatch):
    def die(response):
        pair[1].program.kill()
        return response

    monkeypatch.setitem(site.after_request_funcs, None, [die, *site.after_request_funcs[None]])
    assert site.test_client().get("/tags").status_code == 200


def test_visitors_read_on_without_the_primary_and_are_answered_it_is_not_ready(pair, site):
    pair[0].program.kill()
    try:
        assert site.test_client().get("/questions?sort=votes").status_code == 200
        assert site.test_client().get("/readyz").status_code == 503
    finally:
        pair[0].start()
    assert site.test_client().get("/readyz").status_code == 200


def findings() -> dict[str, Level]:
    """What the doctor says of the servers."""
    names = ("Database", "Writing", "Replica")
    return {each.name: each.level for each in health.run_checks() if each.name in names}


def test_the_doctor_looks_at_replicas_and_at_what_commits_wait_for(site, pair, monkeypatch):
    assert findings() == {"Database": Level.OK, "Replica": Level.OK}
    monkeypatch.setattr(database, "SYNCHRONOUS_STANDBYS", text("SELECT 'db2'"))  # as deployed
    wait_until(lambda: findings()["Writing"] == Level.OK, "one follows")
    pair[1].program.kill()
    wait_until(lambda: findings()["Writing"] == Level.ERROR, "none follows")
    assert findings()["Replica"] == Level.WARNING


def test_the_doctor_knows_a_database_where_nothing_can_be_saved(site, pair, tmp_path):
    reader = create_app(REDOUBT_INSTANCE=tmp_path, REDOUBT_WORKER="off", REDOUBT_DATABASE_URL=pair[1].url())
    with reader.app_context():
        assert findings()["Writing"] == Level.ERROR
        db.session.remove()
        db.engine.dispose()


def test_who_was_promoted_is_no_replica(pair, site):
    """The last test: this server does not follow again."""
    pair[1].promote()
    wait_until(lambda: site.extensions["replicas"].choose() is None, "left out")
    assert site.test_client().get("/").status_code == 200
