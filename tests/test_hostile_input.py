"""What people send never breaks a database: every field of every form, too long, too odd, too large.

SQLite stores almost anything; PostgreSQL refuses NUL, halves of surrogate pairs, numbers and texts that
do not fit. Whatever it is, the answer is no 5xx, and nothing longer than its column was accepted.
"""

import base64
import json

import pytest

from core.database.db import MAX_ID, db

pytestmark = [pytest.mark.every_database, pytest.mark.long]
TEXT = "A text about patching servers that is long enough to be useful to people who read it."
TITLE = "How do I patch a server that nobody knows?"
ARTICLE = {
    "title": TITLE,
    "body": TEXT,
    "layer": "host",
    "summary": "In short",
    "applies_to": "Windows 11",
    "tags": "printing",
    "verified_on": "2026-01-02",
    "verified_build": "26100",
    "change": "Because",
}
FORMS = {
    "/questions/ask": {"title": TITLE, "body": TEXT, "tags": "printing"},
    "/questions/{question_id}/edit": {"title": TITLE, "body": TEXT, "tags": "printing", "summary": "Because"},
    "/questions/{question_id}/{slug}": {"body": TEXT},
    "/answers/{answer_id}/edit": {"body": TEXT, "summary": "Because"},
    "/questions/{question_id}/close": {"reason": "off-topic", "duplicate_of": "1", "note": "Not here"},
    "/posts/{question_id}/comments": {"body": TEXT},
    "/comments/{comment_id}/edit": {"body": TEXT},
    "/posts/{question_id}/vote": {"value": "1"},
    "/posts/{question_id}/flag": {"reason": "other", "note": "Look at this"},
    "/posts/{answer_id}/hide": {"reason": "spam", "note": "Out"},
    "/posts/{answer_id}/keep": {"reason": "", "note": "In"},
    "/users/steve/suspend": {"days": "3", "message": "Cool down for three days."},
    "/tags/printing/edit": {"excerpt": "What comes out of printers."},
    "/articles/new": ARTICLE,
    "/articles/{article_id}/edit": ARTICLE,
    "/articles/{article_id}/verify": {"verified_on": "2026-01-02", "verified_build": "26100"},
    "/articles/{article_id}/feedback": {"helpful": "1", "note": "Thanks"},
    "/suggestions/{suggestion_id}/reject": {"reason": "Not better than before."},
    "/settings/profile": {
        "display_name": "Adam",
        "location": "Here",
        "website": "https://example.org",
        "about": TEXT,
    },
    "/settings/tokens": {"name": "script", "scope": "read"},
    "/settings/email": {"email": "new@example.org", "current_password": "x"},
    "/register": {"username": "newcomer", "email": "new@example.org", "password": "violet kettle orbit 93"},
    "/login": {"username": "adam", "password": "violet kettle orbit 93"},
    "/reset": {"email": "adam@example.org"},
    "/preview": {"body": TEXT},
}
ODD = {
    "nul": "A\x00B nul in the middle",
    "only nul": "\x00",
    "half a pair": "half \ud800 a pair",
    "grows when lowered": "İ" * 250,
    "wide": "𝔘" * 199,
    "long": "x" * 5_000,
    "wide and long": "ﷺ" * 40_000,
    "many digits": "9" * 5_000,
    "number": str(MAX_ID + 1),
    "negative": "-1",
    "below": str(-(2**31) - 1),
    "address": "İ" * 120 + "@" + "x" * 60 + ".org",
    "date": "9999-12-31",
    "no date": "0000-00-00",
    "right to left": "\u202eabc\u2066",
    "lines": "a\r\nb\r\nc" * 20,
}


@pytest.fixture
def settings():
    """Everybody may do everything, so that the fields are reached."""
    return {"REDOUBT_PRIVILEGE_SCALE": "0"}


@pytest.fixture
def site(world, login):
    """(client of an administrator, ids of a small world)."""
    return login(world.people["admin"]), world.public


def too_long() -> list[str]:
    """Columns that hold more than they say; PostgreSQL would not have taken it."""
    found = []
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if length := getattr(column.type, "length", None):
                size = db.session.scalar(db.select(db.func.max(db.func.length(column))))
                if size and size > length:
                    found.append(f"{column}: {size}")
    db.session.commit()
    return found


@pytest.mark.parametrize("form", FORMS)
def test_no_field_breaks(site, form):
    client, ids = site
    path, fields = form.format(**ids), FORMS[form]
    for name in fields:
        for odd, value in ODD.items():
            sent = {**fields, name: value}
            form = {"json": sent} if odd == "half a pair" else {"data": sent}  # no form can carry one
            assert client.post(path, **form).status_code < 500, (name, odd)
    assert too_long() == []


@pytest.mark.parametrize(
    "path",
    [
        "/questions/{}",
        "/articles/{}",
        "/posts/{}/history",
        "/suggestions/{}",
        "/posts/1/revisions/{}",
        "/api/v1/posts/{}",
        "/api/v1/questions/{}/answers",
    ],
)
def test_no_number_in_an_address_breaks(site, path):
    for number in (MAX_ID + 1, 99999999999999, "9" * 6000, "-1", "0", "%D9%A3"):
        assert site[0].get(path.format(number)).status_code in (401, 404), number


def test_no_nul_in_an_address_breaks(site):
    for path in (
        "/tags/a%00b",
        "/users/a%00b",
        "/static/a%00b",
        "/layers/a%00b",
        "/questions/1/a%00b",
        "/confirm/a%00b",
        "/api/v1/tags/a%00b",
    ):
        assert site[0].get(path).status_code in (404, 405), path


@pytest.mark.parametrize(
    "path",
    [
        "/search",
        "/search/suggest",
        "/questions",
        "/questions/similar",
        "/tags",
        "/users",
        "/moderation/log",
        "/articles",
    ],
)
def test_no_parameter_breaks(site, path):
    for name in ("q", "title", "after", "sort", "page", "layer"):
        for value in ("a\x00b", "\x00", "9" * 5_000, str(MAX_ID + 1), "İ" * 300):
            assert site[0].get(path, query_string={name: value}).status_code < 500, (name, value[:9])


CURSORS = [
    ["x", 1],
    [1],
    [None, 1],
    [{"t": "x"}, 1],
    [{"t": "2026-01-01T00:00:00+00:00"}, MAX_ID + 1],
    [{"t": "2026-01-01T00:00:00"}, 1],
    [True, 1],
    [1.5, 1],
    ["\u0000", "\u0000"],
    [[1], 1],
    [2**63, 2**63],
    [{"t": "9999-12-31T23:59:59-14:00"}, 1],
]


@pytest.mark.parametrize(
    "path",
    [
        "/questions",
        "/questions?sort=votes",
        "/tags",
        "/users",
        "/moderation/log",
        "/articles?sort=helpful",
        "/users/walter",
    ],
)
def test_no_cursor_breaks(site, path):
    for values in CURSORS:
        cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
        joined = f"{path}{'&' if '?' in path else '?'}after={cursor}"
        assert site[0].get(joined).status_code == 200, values


def test_deep_json_is_refused(site):
    for body in ("[" * 100_000, '{"a":' * 900 + "1" + "}" * 900):
        answer = site[0].post("/posts/1/vote", data=body, content_type="application/json")
        assert answer.status_code in (400, 422)


def test_who_asks_under_another_name_is_told_what_sets_it(client):
    answer = client.get("/", base_url="http://192.168.1.5:8000")
    assert answer.status_code == 400 and "REDOUBT_SITE_URL" in answer.text
