"""The API as a whole: who may call what, how it refuses, what it never does."""

import shutil

import pytest

from bulletins.sources import actions as sources
from core.database.db import db
from tests.api_world import TEXT, world

ROLES = ("visitor", "reader", "member", "moderator")
OPEN = (200, 200, 200, 200)
QUESTION = {"title": "Is this a question with a title?", "body": TEXT, "tags": ["numbers"]}
ARTICLE = {"title": "An article", "body": TEXT, "layer": "host"}
MITIGATION = {"layer": "data", "text": "Back it up."}
SBOM = {"bomFormat": "CycloneDX", "components": [{"name": "Widget", "version": "1"}]}
SOURCE = {"kind": "epss", "url": "https://example.com/epss.csv"}
MATRIX = {  # the statuses for a visitor, a token that reads, one of a member that writes, a moderator's
    "GET /questions": (None, OPEN),
    "POST /questions": (QUESTION, (401, 403, 201, 201)),
    "GET /questions/{question}": (None, OPEN),
    "PATCH /questions/{question}": ({"title": "A question with another title"}, (401, 403, 200, 200)),
    "POST /questions/{question}/close": ({"reason": "off-topic"}, (401, 403, 403, 200)),
    "POST /questions/{question}/reopen": (None, (401, 403, 403, 200)),
    "GET /questions/{question}/answers": (None, OPEN),
    "POST /questions/{question}/answers": ({"body": TEXT}, (401, 403, 201, 201)),
    "GET /answers/{answer}": (None, OPEN),
    "PATCH /answers/{answer}": ({"body": TEXT + " More."}, (401, 403, 403, 200)),
    "POST /answers/{answer}/accept": (None, (401, 403, 200, 403)),
    "POST /answers/{answer}/unaccept": (None, (401, 403, 200, 403)),
    "GET /posts/{question}": (None, OPEN),
    "DELETE /posts/{lonely}": (None, (401, 403, 204, 204)),
    "POST /posts/{hidden}/undelete": (None, (401, 403, 200, 200)),
    "POST /posts/{hidden}/appeals": ({"text": TEXT}, (401, 403, 403, 403)),
    "GET /posts/{answer}/vote": (None, (401, 200, 200, 200)),
    "POST /posts/{answer}/vote": ({"value": 1}, (401, 403, 200, 200)),
    "GET /posts/{question}/comments": (None, OPEN),
    "POST /posts/{answer}/comments": ({"body": TEXT}, (401, 403, 201, 201)),
    "POST /attachments": ({"file": "not a file"}, (401, 403, 422, 422)),
    "GET /attachments/{log}": (None, OPEN),
    "PATCH /comments/{comment}": ({"body": TEXT + " More."}, (401, 403, 200, 200)),
    "GET /posts/{question}/revisions": (None, OPEN),
    "GET /posts/{question}/revisions/1": (None, OPEN),
    "POST /posts/{question}/revisions/1/restore": (None, (401, 403, 200, 200)),
    "POST /posts/{question}/revisions/1/redact": (None, (401, 403, 403, 200)),
    "POST /posts/{answer}/flags": ({"reason": "spam"}, (401, 403, 201, 201)),
    "GET /tags": (None, OPEN),
    "GET /tags/numbers": (None, OPEN),
    "PUT /tags/numbers": ({"excerpt": "For whatever counts."}, (401, 403, 403, 200)),
    "GET /articles": (None, OPEN),
    "POST /articles": (ARTICLE, (401, 403, 403, 201)),
    "GET /articles/{article}": (None, OPEN),
    "PATCH /articles/{article}": ({"title": "Another title"}, (401, 403, 403, 200)),
    "POST /articles/{draft}/publish": (None, (401, 403, 404, 200)),
    "POST /articles/{article}/unpublish": (None, (401, 403, 403, 200)),
    "POST /articles/{article}/verify": ({"verified_on": "2026-01-01"}, (401, 403, 403, 200)),
    "POST /articles/{article}/feedback": ({"helpful": True}, (401, 403, 200, 200)),
    "GET /users": (None, OPEN),
    "GET /users/me": (None, (401, 200, 200, 200)),
    "GET /users/me/flags": (None, (401, 200, 200, 200)),
    "GET /users/bob": (None, OPEN),
    "GET /users/bob/posts": (None, OPEN),
    "GET /users/bob/reputation": (None, OPEN),
    "GET /search?q=numbers": (None, OPEN),
    "GET /products": (None, OPEN),
    "POST /products": ({"slug": "gadget", "name": "Gadget", "category": "app"}, (401, 403, 403, 201)),
    "GET /products/widget": (None, OPEN),
    "PATCH /products/widget": ({"vendor": "Acme"}, (401, 403, 403, 200)),
    "DELETE /products/widget": (None, (401, 403, 403, 204)),
    "PUT /products/widget/releases/2": ({"security": "2030-01-01"}, (401, 403, 403, 200)),
    "DELETE /products/widget/releases/1": (None, (401, 403, 403, 204)),
    "GET /bulletins": (None, OPEN),
    "POST /bulletins": ({"title": "A bulletin of a test"}, (401, 403, 403, 201)),
    "GET /bulletins/{bulletin}": (None, OPEN),
    "GET /vulnerabilities/CVE-2026-1001": (None, OPEN),
    "PATCH /bulletins/{bulletin}": ({"severity": "low"}, (401, 403, 403, 200)),
    "POST /bulletins/{embargoed}/schedule": ({"at": "2199-01-01T00:00:00Z"}, (401, 403, 404, 200)),
    "POST /bulletins/{embargoed}/publish": (None, (401, 403, 404, 200)),
    "POST /bulletins/{bulletin}/withdraw": ({"reason": "It was wrong."}, (401, 403, 403, 200)),
    "POST /bulletins/{bulletin}/unpublish": (None, (401, 403, 403, 200)),
    "POST /bulletins/{bulletin}/mitigations": (MITIGATION, (401, 403, 403, 201)),
    "PUT /bulletins/{bulletin}/mitigations/{mitigation}": (MITIGATION, (401, 403, 403, 200)),
    "DELETE /bulletins/{bulletin}/mitigations/{mitigation}": (None, (401, 403, 403, 204)),
    "POST /bulletins/imports": ({"no": "advisory"}, (401, 403, 403, 201)),
    "GET /bulletins/imports/{file}": (None, (401, 403, 403, 200)),
    "POST /bulletins/imports/{file}/confirm": (None, (401, 403, 403, 202)),
    "DELETE /bulletins/imports/{file}": (None, (401, 403, 403, 204)),
    "GET /sources": (None, (401, 403, 403, 403)),  # administrators': tests/bulletins/sources
    "POST /sources": (SOURCE, (401, 403, 403, 403)),
    "GET /sources/{source}": (None, (401, 403, 403, 403)),
    "POST /sources/{source}/switch": ({"is_on": True}, (401, 403, 403, 403)),
    "POST /sources/{source}/run": (None, (401, 403, 403, 403)),
    "POST /sources/{source}/trust": (None, (401, 403, 403, 403)),
    "DELETE /sources/{source}": (None, (401, 403, 403, 403)),
    "GET /calendar": (None, OPEN),
    "GET /calendar/2026-11": (None, OPEN),
    "GET /calendar/2026-11/plan": (None, (401, 200, 200, 200)),
    "GET /bulletins/{bulletin}/reports": (None, OPEN),
    "POST /bulletins/{bulletin}/reports": ({"ring": "lab", "outcome": "ok"}, (401, 403, 200, 200)),
    "GET /reports/{report}": (None, OPEN),
    "DELETE /reports/{report}": (None, (401, 403, 403, 204)),
    "POST /reports/{report}/restore": (None, (401, 403, 403, 200)),
    "POST /reports/{report}/helpful": ({"helpful": True}, (401, 403, 200, 200)),
    "GET /lifecycle": (None, OPEN),
    "GET /users/me/products": (None, (401, 200, 200, 200)),
    "POST /users/me/products": ({"product": "widget"}, (401, 403, 200, 200)),
    "DELETE /users/me/products/{line}": (None, (401, 403, 204, 404)),
    "GET /inventories": (None, (401, 200, 200, 200)),
    "POST /inventories": ({"name": "Servers"}, (401, 403, 201, 201)),
    "GET /inventories/{spare}": (None, (401, 200, 200, 404)),
    "DELETE /inventories/{spare}": (None, (401, 403, 204, 404)),
    "PATCH /inventories/{spare}": ({"name": "Branch"}, (401, 403, 200, 404)),
    "GET /inventories/{spare}/members": (None, (401, 200, 200, 404)),
    "POST /inventories/{spare}/members": ({"username": "bob"}, (401, 403, 201, 404)),
    "DELETE /inventories/{spare}/members/nobody": (None, (401, 403, 404, 404)),
    "PUT /inventories/{spare}/membership": ({"is_used": True}, (401, 403, 200, 404)),
    "GET /users/me/invitations": (None, (401, 200, 200, 200)),
    "GET /inventories/{inventory}/products": (None, (401, 200, 200, 404)),
    "PUT /inventories/{inventory}/document": (SBOM, (401, 403, 202, 404)),
    "GET /inventories/{inventory}/uploads/{upload}": (None, (401, 200, 200, 404)),
    "GET /inventories/{spare}/uploads/{upload}": (None, (401, 404, 404, 404)),  # of another inventory
    "POST /users/me/products/match": ({"bomFormat": "CycloneDX"}, (401, 200, 200, 200)),
    "GET /moderation/log": (None, OPEN),
    "GET /inbox": (None, (401, 200, 200, 200)),
    "POST /inbox/{news}/read": (None, (401, 403, 204, 404)),
    "POST /inbox/read": (None, (401, 403, 204, 204)),
    "GET /users/me/notifications": (None, (401, 200, 200, 200)),
    "PATCH /users/me/notifications": ({"answer": "digest"}, (401, 403, 200, 200)),
    "GET /users/me/watches": (None, (401, 200, 200, 200)),
    "PUT /posts/{question}/watch": ({"watch": True}, (401, 403, 200, 200)),
    "PUT /tags/numbers/watch": ({"watch": True}, (401, 403, 200, 200)),
    "PUT /products/widget/watch": ({"watch": True}, (401, 403, 200, 200)),
    "POST /alerts": ({"email": "somebody@example.org"}, (202, 202, 202, 202)),
    "GET /status": (None, (401, 403, 403, 403)),  # administrators': tests/admin/test_status.py
    "GET /users/me/alerts": (None, (401, 200, 200, 200)),
    "PUT /users/me/alerts": ({"on": True}, (401, 403, 200, 200)),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory, empty_database):
    with world(tmp_path_factory, empty_database) as made:
        for name, who, path, body in (
            ("spare", "member", "/inventories", {"name": "Spare"}),
            ("file", "moderator", "/bulletins/imports", {"no": "advisory"}),
        ):
            made.ids[name] = made.call(who, "POST", f"/api/v1{path}", body).json["id"]
        with made.app.app_context():
            source = sources.add(**SOURCE, name="", interval_hours=0, is_on=False, by=None)
            db.session.commit()
            made.ids["source"] = source.id
        made.close()
        shutil.copy(made.file, made.kept)
        yield made


@pytest.fixture
def site(shared):
    """The world as it was in the beginning."""
    shared.restore()
    return shared


def call(site, who, operation, json=None):
    method, path = operation.split(" ")
    return site.call(who, method, f"/api/v1{path}", json)


@pytest.mark.parametrize("operation", MATRIX)
def test_who_may(site, operation):
    json, expected = MATRIX[operation]
    found = []
    for who in ROLES:
        site.restore()
        found.append(call(site, who, operation, json).status_code)
    assert dict(zip(ROLES, found, strict=True)) == dict(zip(ROLES, expected, strict=True))


def test_the_matrix_has_every_operation(site):
    routes = site.app.url_map
    served = {rule.endpoint for rule in routes.iter_rules() if rule.rule.startswith("/api/v1/")}
    address = routes.bind("localhost")
    tried = set()
    for operation in MATRIX:
        method, path = operation.format(**site.ids).partition("?")[0].split(" ")
        tried.add(address.match(f"/api/v1{path}", method)[0])
    assert tried == served - {"api-docs.openapi_json"}


HIDDEN = [
    "/posts/{}",
    "/posts/{}/comments",
    "/posts/{}/revisions",
    "/posts/{}/revisions/1",
    "/questions/{}",
    "/questions/{}/answers",
    "/articles/{}",
    "/answers/{}",
    "/bulletins/{}",
    "/bulletins/{}/reports",
]


@pytest.mark.parametrize("path", HIDDEN)
@pytest.mark.parametrize("name", ["hidden", "draft", "embargoed"])
def test_hidden_and_absent_are_the_same(site, path, name):
    hidden = call(site, "visitor", "GET " + path.format(site.ids[name]))
    absent = call(site, "visitor", "GET " + path.format(999_999))
    assert hidden.status_code == absent.status_code == 404
    assert hidden.data == absent.data


UNSEEN = {
    "POST /posts/{draft}/vote": {"value": 1},
    "POST /posts/{draft}/comments": {"body": TEXT},
    "POST /posts/{draft}/flags": {"reason": "spam"},
    "DELETE /posts/{draft}": None,
    "PATCH /articles/{draft}": {"title": "Another title"},
    "POST /articles/{draft}/feedback": {"helpful": True},
}


@pytest.mark.parametrize("operation", UNSEEN)
def test_nobody_writes_to_what_they_cannot_see(site, operation):
    assert call(site, "member", operation, UNSEEN[operation]).status_code == 404


def test_what_is_hidden_is_in_no_list(site):
    for path in (
        "/questions",
        "/tags",
        "/users/alice/posts",
        "/search?q=hidden",
        "/articles",
        "/questions?tag=numbers",
        "/questions?sort=active",
    ):
        text = call(site, "visitor", f"GET {path}").text
        assert "hidden again" not in text and "to come" not in text, path


def test_a_cookie_opens_nothing(app, login, member):
    client = login(member)
    assert client.get("/api/v1/users/me").status_code == 401
    assert client.post("/api/v1/questions", json=QUESTION).status_code == 401


def test_a_token_needs_no_csrf_token(app, api, member):
    app.config["WTF_CSRF_ENABLED"] = True
    assert api(member)("POST", "/questions", QUESTION).status_code == 201


def test_401_says_how_to_come_in(site):
    answer = call(site, "visitor", "GET /users/me")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Redoubt API"'
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Bearer", "Basic YTpi", "Bearer \xff"])
def test_a_wrong_token_is_refused_even_where_none_is_needed(site, header):
    answer = site.app.test_client().get("/api/v1/questions", headers={"Authorization": header})
    assert answer.status_code == 401
    assert "error=invalid_token" in answer.headers["WWW-Authenticate"]


def test_405_names_what_is_allowed(site):
    answer = call(site, "moderator", "PUT /questions")
    assert answer.status_code == 405 and answer.json["status"] == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].replace(" ", "").split(","))


def test_422_names_every_field(site):
    answer = call(site, "member", "POST /questions", {"title": "short", "tags": [1], "surprise": True})
    assert answer.status_code == 422 and answer.mimetype == "application/problem+json"
    assert set(answer.json["errors"]) == {"title", "body", "tags", "surprise"}


def send(site, body, content_type="application/json"):
    return site.app.test_client().post(
        "/api/v1/questions",
        data=body,
        content_type=content_type,
        headers={"Authorization": f"Bearer {site.tokens['member']}"},
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"title": "\\ud800"}',
        b"[1]",
        b"null",
        b'"text"',
        b"NaN",
        b"1" * 5000,
        b'{"title": ' + b"9" * 400 + b', "body": 1e999, "tags": NaN}',
    ],
)
def test_what_is_no_question_is_refused(site, body):
    answer = send(site, body)
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_only_json_is_taken(site, content_type):
    assert send(site, b'{"title": "Is this taken as a question?"}', content_type).status_code == 415


def test_too_large_is_refused(site):
    assert send(site, b'"' + b"x" * 2_200_000 + b'"').status_code == 413


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "9" * 30, "%00", "1%00", "٣", "1e3", "'", "999999"])
def test_no_number_is_found_nor_fatal(site, number):
    for path in ("/posts/{}", "/questions/{}", "/answers/{}/accept", "/posts/1/revisions/{}"):
        method = "POST" if "accept" in path else "GET"
        answer = call(site, "moderator", f"{method} {path.format(number)}")
        assert answer.status_code in (404, 405), path
        assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("name", ["%00", "a%00b", "%FF", "..%2F..", "x" * 3000, "%E2%80%AE"])
def test_no_name_is_found_nor_fatal(site, name):
    for path in ("/users/{}", "/users/{}/posts", "/users/{}/reputation", "/tags/{}"):
        assert call(site, "visitor", "GET " + path.format(name)).status_code == 404, path
    assert call(site, "visitor", f"GET /questions?tag={name}").json["items"] == []
    assert call(site, "visitor", f"GET /users/bob/posts?kind={name}").status_code == 400


CURSORS = [
    "x",
    "W10",
    "WzFd",
    "W251bGxd",
    "W3sidCI6MX1d",
    "!!!!",
    "A" * 500,
    "%00",
    "W3sidCI6ICIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIn0sIDFd",  # a time before all times
    "WyJ4IiwgInkiXQ",
    "W3RydWUsIGZhbHNlXQ",
    "WzFlOTk5LCAxXQ",
    "WzkwMDcxOTkyNTQ3NDA5OTEsIDFd",
]


@pytest.mark.parametrize("cursor", CURSORS)
def test_a_forged_cursor_is_refused(site, cursor):
    for path in (
        "/questions",
        "/questions?sort=votes",
        "/questions?tag=numbers",
        "/tags",
        "/users",
        "/questions/{question}/answers",
        "/posts/{question}/comments",
        "/posts/{question}/revisions",
        "/users/bob/posts",
        "/users/bob/reputation",
        "/moderation/log",
        "/articles?sort=helpful",
        "/search?q=numbers",
    ):
        mark = "&" if "?" in path else "?"
        answer = call(site, "visitor", f"GET {path}{mark}after={cursor}")
        assert answer.status_code == 400, path
        assert "after" in answer.json["errors"] and "after" in answer.json["allowed"], path


def test_answers_are_kept_by_no_cache_and_vary_by_token(site):
    answer = call(site, "reader", "GET /questions")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Authorization" in answer.headers["Vary"]


def test_nothing_of_an_account_but_its_public_side_is_told(site):
    text = "".join(
        call(site, "moderator", f"GET {path}").text
        for path in ("/users", "/users/alice", "/users/alice/posts", "/questions", "/search?q=alice")
    )
    assert "alice@example.org" not in text and "password" not in text and "argon2" not in text


@pytest.mark.parametrize("value", [1.5, 1.0, "1", True, [1]])
def test_a_vote_is_a_whole_number(site, value):
    operation = "POST /posts/{answer}/vote".format(**site.ids)
    answer = call(site, "member", operation, {"value": value})
    assert answer.status_code == 422 and list(answer.json["errors"]) == ["value"]


@pytest.mark.parametrize("value", [1, "true", "yes", 1.0])
def test_yes_and_no_are_booleans(site, value):
    operation = "POST /articles/{article}/feedback".format(**site.ids)
    assert call(site, "member", operation, {"helpful": value}).json["errors"] == {
        "helpful": ["Not a valid boolean."]
    }
