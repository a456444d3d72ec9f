"""Visitors' pages are kept until anything is written, and never reach anybody else."""

import gzip

import brotli
import pytest

from auth import actions as auth
from core.database.db import db
from core.jobs import events
from core.markup.markup import Rendered, render
from posts import actions as posts

PATHS = ["/", "/questions", "/tags", "/users", "/articles", "/help", "/questions.atom"]


@pytest.fixture
def asked(make_question, make_answer):
    question = make_question("How do I keep a page that nobody changes?")
    make_answer(question)
    return question


def selects(statements):
    return sum(statement.startswith("SELECT") for statement in statements)


@pytest.mark.parametrize("path", PATHS)
def test_the_second_reader_costs_one_query(client, asked, count_queries, path):
    first = client.get(path)
    with count_queries(kept=True) as statements:
        second = client.get(path)
    assert second.data == first.data and selects(statements) == 1, statements


def test_a_kept_question_costs_no_query_and_answers_304(client, asked, count_queries):
    path = asked.url
    etag = client.get(path).headers["ETag"]
    with count_queries(kept=True) as statements:
        again = client.get(path, headers={"If-None-Match": etag})
    assert again.status_code == 304 and not again.data
    assert selects(statements) == 0, "the events were read for the page that readers share"


@pytest.mark.every_database
def test_every_change_is_there_at_once(client, asked, login, member, other, moderator, make_answer):
    def shown(words, path=asked.url):
        return words in client.get(path).text

    assert not shown("Another answer with enough words")
    answer = make_answer(asked, "Another answer with enough words to be taken here.")
    assert shown("Another answer with enough words")
    posts.revise(answer, render("It says something else now, with enough words to be taken."), by=other)
    db.session.commit()
    assert shown("It says something else now") and not shown("Another answer with enough words")
    before = client.get(asked.url).data
    login(member).post(f"/posts/{answer.id}/vote", data={"value": "1"})
    assert client.get(asked.url).data != before
    auth.edit_profile(other, display_name="Renamed", location="", website="", about=Rendered("", ""))
    db.session.commit()
    assert shown("Renamed") and shown("Renamed", "/users")
    login(moderator).post(f"/posts/{asked.id}/delete")
    assert client.get(asked.url).status_code == 404 and not shown(asked.title, "/questions")


def test_no_page_of_one_reaches_another(app, client, asked, login, member):
    mine = login(member)
    for path in (*PATHS, asked.url):
        visitor = client.get(path).data
        own = mine.get(path)
        assert own.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in own.headers or path.endswith(".atom")
        assert client.get(path).data == visitor == app.test_client().get(path).data
        assert member.username.encode() in own.data or path.endswith(".atom")


def test_a_page_is_kept_for_its_theme_and_address(client, asked):
    light = client.get("/questions").data
    client.set_cookie("theme", "dark")
    dark = client.get("/questions").data
    assert dark != light
    assert client.get("/questions?sort=votes").data != dark
    client.delete_cookie("theme")
    assert client.get("/questions").data == light


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip", "gzip"), ("br, gzip", "br"), ("gzip, br;q=0", "gzip"), ("zstd, gzip;q=0.5", "gzip")],
)
def test_packed_pages_say_so_and_hold_the_same(client, asked, accepted, encoding):
    plain = client.get(asked.url)
    packed = client.get(asked.url, headers={"Accept-Encoding": accepted})
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress}[encoding]
    assert packed.headers["Content-Encoding"] == encoding and unpack(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    assert {"Accept-Encoding", "Cookie"} <= set(packed.vary)
    head = client.head(asked.url)
    assert not head.data and head.headers["Content-Length"] == plain.headers["Content-Length"]


@pytest.mark.parametrize("encoding", ["zstd", "br"])
def test_members_pages_and_static_files_are_packed_too(client, asked, login, member, encoding):
    own = login(member).get(asked.url, headers={"Accept-Encoding": encoding})
    style = client.get("/static/css/base.css", headers={"Accept-Encoding": encoding})
    for packed in (own, style):
        assert packed.headers["Content-Encoding"] == encoding and "Accept-Encoding" in packed.vary
    again = client.get(
        "/static/css/base.css", headers={"Accept-Encoding": encoding, "If-None-Match": style.headers["ETag"]}
    )
    assert again.status_code == 304 and not again.data


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_change_that_is_committed_after_younger_events_is_seen(client, asked):
    """It took its event's number first; the other transaction was open before it and ends before it."""
    with db.engine.connect() as other:
        db.session.execute(db.text("UPDATE users SET location = 'here'"))  # this transaction's number
        other.execute(
            db.text("UPDATE posts SET title = 'Changed by a slow transaction' WHERE id = :id"),
            {"id": asked.id},
        )
        other.execute(
            db.text(
                "INSERT INTO events (name, data, created_at, due_at, attempts) "
                "VALUES ('probe.late', '{}', now(), now(), 0)"
            )
        )
        events.record("probe.early")
        db.session.commit()
        assert "Changed by" not in client.get(asked.url).text
        other.commit()
    assert "Changed by" in client.get(asked.url).text


def test_errors_redirects_and_tokens_are_not_kept(client, make_question, moderator, login):
    assert client.get("/questions/1/x").status_code == 404
    question = make_question()
    assert client.get(question.url).status_code == 200
    assert "ETag" not in client.get("/questions/0/x").headers
    assert "ETag" not in client.get("/login").headers


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("br;q=0, gzip;q=0", None),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0, *;q=0", None),
        ("zstd;q=0.5, br;q=0", "zstd"),
        ("br;Q=0, gzip;q=0.9", "gzip"),
        ("identity;q=0, gzip;q=0.0", None),
        ("gzip;q=0.5", "gzip"),
    ],
)
def test_a_refused_encoding_is_not_sent(client, asked, login, member, accepted, encoding):
    for browser in (client, login(member)):
        for _ in range(2):
            answer = browser.get(asked.url, headers={"Accept-Encoding": accepted})
            assert answer.status_code == 200 and answer.headers.get("Content-Encoding") == encoding
