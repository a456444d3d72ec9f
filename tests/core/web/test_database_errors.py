"""A database that takes nothing, or is gone: 503, the text comes back, reading goes on, all recovers."""

import re
import sqlite3
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from app import create_app
from core.database import schema
from core.database.db import db, read_transaction
from core.jobs.worker import round_once
from core.web.database_errors import RETRY_AFTER_SECONDS, is_outage
from posts.models import Post, Tag
from tests.conftest import BODY

TEXT = 'A text of <b>hostile</b> "signs" & more that nobody wants to write twice.\n\nIn two paragraphs.'


@pytest.fixture
def read_only(app, database, request):
    """`with read_only():` the database takes no writes meanwhile."""

    def refuse(connection):
        connection.exec_driver_sql("PRAGMA query_only = ON")

    @contextmanager
    def sqlite():
        db.session.commit()
        event.listen(db.engine, "begin", refuse, insert=True)
        try:
            yield
        finally:
            event.remove(db.engine, "begin", refuse)

    @contextmanager
    def postgresql():
        cluster = request.getfixturevalue("postgres")
        name = db.engine.url.database
        leave = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        db.session.commit()
        cluster.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        cluster.execute(leave)
        try:
            yield
        finally:
            cluster.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')

    return postgresql if database["REDOUBT_DATABASE_URL"] else sqlite


@pytest.fixture
def gone(app):
    """`with gone():` nothing can be asked meanwhile."""

    @contextmanager
    def away():
        def refuse(connection):
            raise OperationalError("", {}, Exception("refused"), connection_invalidated=True)

        db.session.commit()
        event.listen(db.engine, "begin", refuse, insert=True)
        try:
            yield
        finally:
            event.remove(db.engine, "begin", refuse)

    return away


def until_it_works(post):
    """The answer after at most one try on a connection of before."""
    answer = post()
    return post() if answer.status_code == 503 else answer


@pytest.mark.every_database
def test_while_it_is_read_only_texts_come_back_and_pages_are_served(make_question, other, login, read_only):
    url, browser = make_question().url, login(other)
    with read_only():
        answer = browser.post(url, data={"body": TEXT})
        assert answer.status_code == 503 and answer.headers["Retry-After"] == str(RETRY_AFTER_SECONDS)
        assert "&lt;b&gt;hostile&lt;/b&gt; &#34;signs&#34; &amp; more" in answer.text
        assert f'action="{url}"' in answer.text
        for page in (url, "/questions", "/", "/search?q=patching"):
            assert browser.get(page).status_code == 200, page
    answer = until_it_works(lambda: browser.post(url, data={"body": TEXT}))
    assert answer.status_code == 302
    with read_transaction():
        assert db.session.query(Post).filter_by(kind="answer").count() == 1


@pytest.mark.every_database
def test_programs_get_a_problem_and_may_read(app, make_question, other, api, read_only):
    path, program = f"/questions/{make_question().id}/answers", api(other)
    with read_only():
        answer = program("POST", path, {"body": BODY})
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
        assert answer.headers["Retry-After"] == str(RETRY_AFTER_SECONDS) and answer.json["status"] == 503
        assert program("GET", path).status_code == 200, "also where a token's use would be noted"
    assert until_it_works(lambda: program("POST", path, {"body": BODY})).status_code == 201


def test_a_signed_token_of_the_form_comes_with_the_text(app, make_question, other, login, read_only):
    """So that sending it again is one press."""
    app.config["WTF_CSRF_ENABLED"] = True
    question, browser = make_question(), login(other)
    token = re.search('name="csrf_token" value="(.+?)"', browser.get(question.url).text)[1]
    with read_only():
        page = browser.post(question.url, data={"body": TEXT, "csrf_token": token}).text
    fresh = re.search('name="csrf_token" value="(.+?)"', page)[1]
    assert browser.post(question.url, data={"body": TEXT, "csrf_token": fresh}).status_code == 302


def test_a_password_is_not_shown_again(app, client, read_only):
    form = {"username": "alice", "email": "alice@example.org", "password": "canary battery staple"}
    with read_only():
        answer = client.post("/register", data=form)
    assert answer.status_code == 503 and "canary" not in answer.text
    assert "go back in your browser" in answer.text


def test_without_a_database_members_and_visitors_get_503(app, make_question, other, login, client, gone):
    url, browser = make_question().url, login(other)
    with gone():
        for someone in (browser, client):
            for page in ("/", url, "/readyz", "/api/v1/questions"):
                assert someone.get(page).status_code == 503, page
            assert someone.get("/healthz").status_code == 200
    assert browser.get(url).status_code == client.get("/readyz").status_code == 200


def test_other_errors_of_the_database_stay_our_fault(app):
    with pytest.raises(OperationalError) as error:
        db.session.execute(db.text("SELECT nothing FROM nowhere"))
    assert not is_outage(error.value)


def test_a_turn_to_write_is_given_back_after_a_failure(app, make_question, other, api, read_only):
    """More writers fail than there are connections; the next still gets its turn."""
    path, program = f"/questions/{make_question().id}/answers", api(other)
    with read_only():
        for _ in range(15):
            assert program("POST", path, {"body": BODY}).status_code == 503
    assert program("POST", path, {"body": BODY}).status_code == 201


def test_a_site_without_a_schema_is_not_there_yet(tmp_path):
    """The web process may start before the worker, which makes it."""
    site = create_app(REDOUBT_INSTANCE=tmp_path, REDOUBT_WORKER="off")
    answers = [site.test_client().get(path) for path in ("/", "/questions", "/api/v1/questions", "/readyz")]
    assert [answer.status_code for answer in answers] == [503] * 4
    with site.app_context():
        schema.ensure()
    assert site.test_client().get("/").status_code == 200


@pytest.mark.every_database
def test_a_fault_of_ours_is_no_outage_also_while_writing(app, client, moderator):
    """Whoever looks whether there is a schema waits for no writer, least for this request itself."""

    def broken():
        db.session.add(Tag(name="held"))
        db.session.flush()
        db.session.execute(text("SELECT no_such_column"))

    app.before_request_funcs.setdefault(None, []).append(broken)
    try:
        assert client.post("/login", data={"username": "a", "password": "b"}).status_code == 500
    finally:
        app.before_request_funcs[None].remove(broken)


def test_a_job_that_meets_an_outage_waits(app):
    """What it logs would fill the disk that is full."""
    waited = []

    def away():
        raise OperationalError("SELECT", {}, sqlite3.OperationalError("gone"), connection_invalidated=True)

    def broken():
        raise ValueError

    assert round_once(app, [away, broken, lambda: 3], lambda: waited.append(1)) == 3
    assert waited == [1]


def test_a_connection_that_is_not_made_in_time_is_an_outage():
    late = psycopg.errors.ConnectionTimeout("connection timeout expired")
    assert is_outage(OperationalError("SELECT 1", None, late))
