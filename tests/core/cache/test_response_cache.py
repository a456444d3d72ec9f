"""What was asked before is answered without Flask, as long as it is what everybody would get now."""

import sqlite3
import time

import pytest
from sqlalchemy.exc import OperationalError

from core.cache import response_cache
from core.cache.memory_cache import MemoryCache
from core.database.db import db
from posts import actions as posts


@pytest.fixture
def asked(make_question):
    return make_question("Which page is ready before it is asked for?")


@pytest.fixture
def worked(app, monkeypatch):
    """The addresses for which Flask had to work."""
    seen, dispatch = [], type(app).full_dispatch_request

    def counting(site, *arguments):
        seen.append(arguments)
        return dispatch(site, *arguments)

    monkeypatch.setattr(type(app), "full_dispatch_request", counting)
    return seen


def test_the_same_request_is_answered_the_same(client, asked, worked):
    first, second = (client.get(asked.url, headers={"Accept-Encoding": "br"}) for _ in range(2))
    assert len(worked) == 1 and second.data == first.data and second.status_code == 200
    names = set(dict(first.headers)) - {"X-Request-ID"}
    assert {name: second.headers[name] for name in names} == {name: first.headers[name] for name in names}
    assert second.headers["X-Request-ID"] != first.headers["X-Request-ID"]
    known = client.get(asked.url, headers={"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]})
    assert (known.status_code, known.data, len(worked)) == (304, b"", 1)
    assert "Content-Encoding" not in known.headers and known.headers["Vary"] == first.headers["Vary"]


def test_weights_of_encodings_are_no_reason_to_make_a_page_again(client, asked, worked):
    for _ in range(3):
        client.get(asked.url, headers={"Accept-Encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3"})
    assert len(worked) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"headers": {"Accept-Encoding": "gzip"}},
        {"headers": {"Accept-Language": "de"}},
        {"method": "HEAD"},
        {"headers": {"Accept": "application/json"}},
        {"query_string": "answers=newest"},
        {"headers": {"Authorization": "Bearer x"}},
        {"base_url": "http://127.0.0.1"},
    ],
)
def test_any_other_request_goes_the_ordinary_way(client, asked, worked, other):
    for _ in range(2):
        client.get(asked.url)
    assert len(worked) == 1
    client.open(asked.url, **other)
    assert len(worked) == 2


def test_a_theme_has_pages_of_its_own_and_a_session_none(client, asked, worked):
    for name, value in (("theme", "dark"), ("session", "of somebody")):
        client.set_cookie(name, value)
        client.get(asked.url)
        client.get(asked.url)
    assert len(worked) == 3


def test_nothing_of_a_member_or_a_token_becomes_ready(app, client, asked, login, member):
    own = login(member)
    for _ in range(2):
        own.get(asked.url)
        client.get(asked.url, headers={"Authorization": "Bearer nobody"})
    assert not app.extensions["response_cache"].responses.entries
    client.get("/login")  # begins a session for its form
    assert not app.extensions["response_cache"].responses.entries


@pytest.mark.every_database
def test_a_change_is_seen_at_once(client, asked, moderator):
    assert [client.get(asked.url).status_code for _ in range(2)] == [200, 200]
    posts.delete(db.session.merge(asked), by=moderator)
    db.session.commit()
    assert client.get(asked.url).status_code == 404


def test_a_page_is_ready_for_seconds_only(app, client, asked, worked):
    client.get(asked.url)
    pages = app.extensions["response_cache"].responses.entries
    pages.expire(time.monotonic() + response_cache.RESPONSE_TTL_SECONDS - 1)
    client.get(asked.url)
    assert len(worked) == 1
    pages.expire(time.monotonic() + response_cache.RESPONSE_TTL_SECONDS + 1)
    client.get(asked.url)
    assert len(worked) == 2


@pytest.fixture
def questions(monkeypatch):
    """The times that the database was asked for the version of the content."""
    asked, question = [], response_cache._sql

    def counting(statement, dialect):
        asked.append(dialect.name)
        return question(statement, dialect)

    monkeypatch.setattr(response_cache, "_sql", counting)
    return asked


def written_elsewhere(statement: str) -> None:
    """What another process writes."""
    connection = sqlite3.connect(db.engine.url.database)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_sqlite_is_asked_again_only_after_something_was_written(app, client, asked, worked, questions):
    for _ in range(3):
        client.get(asked.url)
    assert len(questions) == 1
    written_elsewhere("UPDATE tags SET excerpt = 'x'")
    client.get(asked.url)
    client.get(asked.url)
    assert len(questions) == 2 and len(worked) == 1


def test_an_event_of_another_process_is_seen_at_once(app, client, asked, worked):
    client.get(asked.url)
    client.get(asked.url)
    written_elsewhere(
        "INSERT INTO events (name, data, attempts, created_at, due_at) "
        "VALUES ('imported', '{}', 0, '2026-01-01', '2026-01-01')"
    )
    client.get(asked.url)
    assert len(worked) == 2


def test_without_a_database_people_get_the_ordinary_answer(app, client, asked, worked, monkeypatch):
    client.get(asked.url)

    def gone(statement, dialect):
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(response_cache, "_sql", gone)
    written_elsewhere("UPDATE tags SET excerpt = 'x'")
    assert client.get(asked.url).status_code == 200 and len(worked) == 2


def test_only_so_many_bytes_are_kept(app, client, asked, worked, monkeypatch):
    """Of the address, the cookies and the body alike."""
    kept = app.extensions["response_cache"].responses
    client.get(asked.url)
    size = kept.entries.currsize
    monkeypatch.setattr(
        app.extensions["response_cache"],
        "responses",
        MemoryCache(9 * size, response_cache.RESPONSE_TTL_SECONDS),
    )
    kept = app.extensions["response_cache"].responses.entries
    for number in range(30):
        client.get(asked.url)
        client.get(f"{asked.url}?n={number}")
    assert 7 <= len(kept) <= 9 and kept.currsize <= 9 * size
    assert len(worked) == 32, "what is asked for most stays"
    before = set(kept)
    client.get(f"{asked.url}?long={'n' * 2 * size}")
    assert set(kept) == before
