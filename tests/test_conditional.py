"""Every feed, export and API read has an ETag, and is not sent again to a client that has it."""

import pytest

from auth import actions as accounts
from core.database.db import db
from core.markup.markup import render
from posts import actions as posts
from posts import voting
from tests.access import ALLOWED, level
from tests.test_access import ROUTES, address

CHANGING = {
    "api_status.get_status": "current figures",
    "scrape.metrics_page": "current figures",
    "home.healthz": "an answer for monitoring is never an old one",
    "home.readyz": "an answer for monitoring is never an old one",
    "auth.download_data": "all of one's own data, in a stream that nobody keeps",
}
GETS = [rule for rule, method in ROUTES if method == "GET" and rule.endpoint not in {"static", *CHANGING}]
QUERIES = {"api_search.search": "?q=printer"}
NOT_THERE = {  # nothing of the kind in tests/world.py
    "api_imports.get_import",
    "api_inventory.get_inventory",
    "api_inventory.get_upload",
    "api_inventory.list_members",
    "api_inventory.list_products_of_inventory",
    "inventory.my_calendar",
    "inventory.unmatched_of_upload",
}


def is_data(rule):
    """Whether a route answers with a feed, a file or JSON: by its address."""
    is_file = "." in rule.rule.rpartition("/")[2]
    return is_file or rule.rule.startswith(("/api/v1/", "/csaf", "/.well-known", "/sitemap"))


@pytest.fixture
def asked(app, world, login):
    """asked(rule, headers) → the answer to an administrator, in the API by token; else to a visitor."""
    token = accounts.make_token(world.people["admin"], "test", "read")
    client, visitor = login(world.people["admin"]), app.test_client()
    db.session.commit()

    def ask(rule, **headers):
        path = address(app, world, rule) + QUERIES.get(rule.endpoint, "")
        if rule.rule.startswith("/api/"):
            return visitor.get(path, headers={"Authorization": f"Bearer {token}", **headers})
        reader = visitor if "visitor" in ALLOWED[level(rule.endpoint, "GET")] else client
        return reader.get(path, headers=headers)

    return ask


def test_whoever_has_it_is_told_so(asked):
    """A route is left out only where the world has nothing to fill its address with."""
    absent, seen = set(), 0
    for rule in filter(is_data, GETS):
        first = asked(rule)
        if first.status_code in (302, 404):
            absent.add(rule.endpoint)
            continue
        tag = first.headers.get("ETag")
        assert first.status_code == 200 and tag, rule
        again = asked(rule, **{"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.data, again.headers.get("ETag")) == (304, b"", tag), rule
        seen += 1
    assert absent <= NOT_THERE and seen > 90


def test_the_tag_is_of_what_is_there_now(client, make_question, other):
    question = make_question()
    path = f"/api/v1/questions/{question.id}"
    paths = [path, "/api/v1/questions", "/questions.atom?sort=votes", f"/api/v1/posts/{question.id}/comments"]
    before = {each: client.get(each).headers["ETag"] for each in paths}
    posts.comment(question, render("A remark that is long enough to be one."), by=other)
    voting.vote(question, other, 1)
    db.session.commit()
    answers = {each: client.get(each, headers={"If-None-Match": tag}) for each, tag in before.items()}
    assert {each: answer.status_code for each, answer in answers.items()} == {
        **dict.fromkeys(paths, 200),
        "/questions.atom?sort=votes": 304,  # it shows no votes
    }
    assert answers[path].headers["ETag"].startswith(f'"{question.version}.')
    assert before[path].startswith(f'"{question.version}.'), "the version is the same: a vote is no edit"


def test_a_compressed_answer_has_the_tag_of_its_encoding(client, make_question):
    for _ in range(4):
        make_question()
    for path in ("/api/v1/questions", "/questions.atom", "/lifecycle.ics"):
        headers = {"Accept-Encoding": "gzip"}
        packed = client.get(path, headers=headers)
        again = client.get(path, headers=headers | {"If-None-Match": packed.headers["ETag"]})
        assert again.status_code == 304 and not again.data, path
