"""What shared caches in front of the site may keep, and what is purged from them."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from auth import actions as auth
from core.cache import edge, response_cache
from core.cache.dependencies import Dependencies
from core.database.db import db
from core.database.models import Event
from core.markup.markup import render
from posts import actions as posts
from tests.test_access import ROUTES, address

PATHS = ["/", "/questions", "/tags", "/users", "/articles", "/help", "/questions.atom"]
GETS = [rule for rule, method in ROUTES if method == "GET" and rule.endpoint != "static"]
PUBLIC = ("public", "s-maxage", "stale-while-revalidate")


@pytest.fixture
def purged(app):
    """The keys of the PURGE requests that a cache received; `refuses` makes it answer 405."""
    found = []

    class Cache(BaseHTTPRequestHandler):
        refuses = False

        def do_PURGE(self):
            found.append(set(self.headers[edge.KEY_HEADER].split()))
            self.send_response(405 if Cache.refuses else 200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Cache)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    app.config["REDOUBT_EDGE_PURGE_URLS"] = (f"http://127.0.0.1:{server.server_port}",)
    found_by = found, Cache
    yield found_by
    server.shutdown()
    server.server_close()


def keep(app, seconds, stale_seconds=0):
    app.config.update(REDOUBT_EDGE_SECONDS=seconds, REDOUBT_EDGE_STALE_SECONDS=stale_seconds)
    response_cache.clear()


def test_without_the_setting_nobody_else_keeps_a_page(client, make_question):
    for path in (*PATHS, make_question().url):
        answer = client.get(path)
        assert (
            answer.headers["Cache-Control"] == "private, no-cache" and edge.KEY_HEADER not in answer.headers
        )


def test_a_visitors_page_says_how_long_and_under_which_keys(app, client, make_question):
    question = make_question()
    keep(app, 2)
    for path in (*PATHS, question.url):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "public, s-maxage=2, max-age=0, must-revalidate"
    assert answer.headers[edge.KEY_HEADER] == f"all thread:{question.id}"
    assert client.get("/questions").headers[edge.KEY_HEADER] == "all kind:question"
    assert client.get("/help").headers[edge.KEY_HEADER] == "all any"
    for path in ("/login", "/search?q=page", "/nothing"):
        answer = client.get(path)
        assert "public" not in answer.headers["Cache-Control"] and edge.KEY_HEADER not in answer.headers
    keep(app, 60, 30)
    expected = "public, s-maxage=60, max-age=0, stale-while-revalidate=30"
    assert app.test_client().get("/questions").headers["Cache-Control"] == expected


def test_nothing_of_a_member_may_be_kept_by_others(app, world, login):
    """Every route, each after a visitor's page of it was cached, with a session and with a token."""
    keep(app, 60, 30)
    member = login(world.people["admin"])
    token = auth.make_token(world.people["admin"], "test", "read")
    db.session.commit()
    shared, visitor = 0, app.test_client(use_cookies=False)
    for rule in GETS:
        path = address(app, world, rule)
        shared += "s-maxage" in visitor.get(path).headers.get("Cache-Control", "")
        answers = [member.get(path)]
        if path.startswith("/api/"):
            answers.append(visitor.get(path, headers={"Authorization": f"Bearer {token}"}))
        for answer in answers:
            assert not any(word in answer.headers["Cache-Control"] for word in PUBLIC), path
            assert edge.KEY_HEADER not in answer.headers, path
    assert shared > 30


def test_a_change_purges_the_pages_that_show_it(app, purged, make_question, other, moderator, drain):
    found, cache = purged
    question = make_question()
    drain()
    found.clear()
    posts.comment(question, render("A remark that is long enough to be one."), by=other)
    drain()
    assert {f"thread:{question.id}", "kind:question", "any"} <= found[0] and edge.ALL not in found[0]
    found.clear()
    cache.refuses = True
    posts.delete(question, by=moderator)
    drain()
    assert found[0] == {"all"}
    assert not db.session.scalar(db.select(Event.id).where(Event.error.is_not(None))), "its pages expire"


def test_who_is_away_stops_nothing(app, make_question, drain, caplog):
    app.config["REDOUBT_EDGE_PURGE_URLS"] = ("http://127.0.0.1:9",)
    make_question()
    assert drain() and "127.0.0.1 was not purged" in caplog.text


def test_many_changes_purge_everything():
    few = [Event(invalidates=f"thread:{number}") for number in range(edge.MAX_KEYS - 1)]
    assert len(edge.keys_of(few)) == edge.MAX_KEYS
    assert edge.keys_of([*few, Event(invalidates="members")]) == {"all"}
    assert edge.keys_of([*few[:1], Event(invalidates=None)]) == {"all"}
    assert edge.keys_of([Event(invalidates="")]) == {"any"}


def test_a_page_that_names_nothing_has_the_key_of_every_event(app):
    keep(app, 5)
    assert edge.headers_of(Dependencies())[edge.KEY_HEADER] == "all any"
