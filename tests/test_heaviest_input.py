"""Every route is sent the heaviest input that its bounds let through: what it costs is bounded, too.

Queries of the database and bytes of the answer are counted. Processor time has a bound so wide that only
work that grows faster than its input passes it.
"""

import json
import time
from urllib.parse import urlencode

import pytest

from auth import actions as accounts
from core.cache import response_cache
from core.database.db import db
from core.limits import bounds, costs
from tests.access import BODIES
from tests.test_access import ROUTES, address

MAX_QUERIES = 60
# An edit of a bulletin reads its eight tables three times: under the lock, once they are stored, for the
# answer. It also compares them with installed versions.
MORE_QUERIES = {"api_bulletins.edit_bulletin": 70}
MAX_ANSWER_BYTES = 2_000_000
MAX_SECONDS = 30  # of processor time; a quiet machine takes less than one
LINE = 'patch CVE-2024-1 "a phrase" -not tag:dns İ ﷺ & <b> * '
TEXTS = (
    "q",
    "title",
    "body",
    "summary",
    "note",
    "reason",
    "excerpt",
    "about",
    "description",
    "names",
    "products",
    "text",
    "known_issues",
    "supersedes",
    "mitigations",
    "unmatched",
    "steps",
    "applies_to",
    "message",
)
WORDS = (
    "after",
    "sort",
    "tags",
    "product",
    "vendor",
    "month",
    "days",
    "email",
    "username",
    "password",
    "next",
    "base",
    "version",
    "scope",
    "layer",
    "slug",
    "cycle",
    "release",
    "duplicate_of",
)
LONG_FORM = {**dict.fromkeys(TEXTS, LINE * 550), **dict.fromkeys(WORDS, LINE * 40)}  # 30,000 characters each


def heavy_query():
    """Every parameter that some page reads, and as many more as may be."""
    known = [(name, LINE[:60]) for name in (*TEXTS, *WORDS)]
    return known + [("product", "a")] * (bounds.MAX_QUERY_PARAMETERS - len(known))


def heavy_json(known):
    """As many fields, items and levels as may be, around fields that the route knows."""
    deep = []
    for _level in range(bounds.MAX_DEPTH - 3):
        deep = [deep]
    more = {f"unknown{number}": number for number in range(bounds.MAX_KEYS - 60)}
    lists = {"products": [LINE] * 2_000, "tags": [{"a": 1}] * 3, "names": [LINE] * 1_000}
    return {**LONG_FORM, **known, **lists, "deep": deep, **more}


def heavy_form(known):
    """As many fields as may be."""
    more = {"pick": [f"{number}:1" for number in range(1_000)], "product": ["a"] * 500, "bit": ["a"] * 300}
    return {**LONG_FORM, **known, **more}


def test_the_inputs_are_within_the_bounds():
    assert not bounds.is_too_long(urlencode(heavy_query()).encode())
    longest = max(BODIES.values(), key=len)
    assert bounds.BoundedJson.loads(json.dumps(heavy_json(longest)))
    form = urlencode(heavy_form(longest), doseq=True)
    assert form.count("&") < bounds.MAX_FORM_FIELDS and len(form) < costs.MAX_BODY_BYTES


@pytest.fixture
def send(app, world, login):
    """send(method, path, endpoint) → answers of the heaviest inputs, as an administrator."""
    client, token = login(world.people["admin"]), accounts.make_token(world.people["admin"], "test", "write")
    db.session.commit()

    def answers(method, path, endpoint):
        headers = {"Authorization": f"Bearer {token}"} if path.startswith("/api/") else {}
        known = BODIES.get(endpoint) or {}
        browser = app.test_client() if headers else client
        if method in ("GET", "DELETE"):
            yield browser.open(path, method=method, query_string=heavy_query(), headers=headers)
            return
        yield browser.open(path, method=method, json=heavy_json(known), headers=headers)
        yield browser.open(path, method=method, json=known | {"body": LINE * 550}, headers=headers)
        if not headers:
            yield browser.open(path, method=method, data=heavy_form(known))

    return answers


@pytest.mark.parametrize("kind", ["pages", "API"])
@pytest.mark.parametrize("reads", [True, False], ids=["reads", "writes"])
def test_the_heaviest_input_of_every_route_is_bounded(app, world, login, send, count_queries, kind, reads):
    over = {}
    ends = ("auth.logout", "auth.erase_me", "auth.close_session", "auth.erase_user")  # of who sends them
    for rule, method in ROUTES:
        if (
            rule.rule.startswith("/api/") != (kind == "API")
            or (method == "GET") != reads
            or rule.endpoint in ends
        ):
            continue
        path = address(app, world, rule)
        response_cache.clear()
        with count_queries() as statements:
            began, done = time.process_time(), 0
            for answer in send(method, path, rule.endpoint):
                facts = (
                    answer.status_code,
                    len(statements) - done,
                    len(answer.data),
                    time.process_time() - began,
                )
                if (
                    answer.status_code >= 500
                    or facts[1] > MORE_QUERIES.get(rule.endpoint, MAX_QUERIES)
                    or facts[2] > MAX_ANSWER_BYTES
                    or facts[3] > MAX_SECONDS
                ):
                    over[method, rule.rule] = facts
                began, done = time.process_time(), len(statements)
    assert not over
