"""How the API answers: every status it documents has a body, methods are listed, limits are stated."""

import pytest
from werkzeug.exceptions import Gone

from core.limits import costs
from core.limits.rate_limits import limiter
from tests.api_world import TEXT

PROBLEM = "application/problem+json"


@pytest.fixture
def settings(request):
    return getattr(request, "param", {})


limited = pytest.mark.parametrize("settings", [{"REDOUBT_RATE_LIMITS": "on"}], indirect=True)


@pytest.fixture(autouse=True)
def fresh_counts(app):
    """Counts are kept in memory from test to test."""
    if limiter.enabled and app.config["REDOUBT_RATE_LIMITS"]:
        limiter.reset()


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield path, method, operation


def resolved(document, answer):
    while "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return answer


def test_every_documented_status_has_its_body(client):
    document = client.get("/api/v1/openapi.json").json
    for path, method, operation in operations(document):
        for status, answer in operation["responses"].items():
            answer = resolved(document, answer)
            [content] = answer.get("content", {}) or [None]
            expected = (
                PROBLEM if status >= "400" else None if status in ("204", "304") else "application/json"
            )
            assert content == expected, (path, method, status)
            assert "RateLimit-Limit" in answer["headers"], (path, method, status)
            assert "Retry-After" not in answer["headers"] or status in ("429", "503"), (path, method, status)


def test_what_may_happen_anywhere_is_documented_everywhere(client):
    document = client.get("/api/v1/openapi.json").json
    for path, method, operation in operations(document):
        expected = {"400", "401", "413", "414", "429", "500", "503"}
        expected |= {"404"} if "{" in path else set()
        expected |= {"415", "422"} if "requestBody" in operation else set()
        assert expected <= operation["responses"].keys(), (path, method)
        is_read = method == "get"
        assert not (is_read and "422" in operation["responses"]), path
        assert ("304" in operation["responses"]) == is_read, path


STATUSES = {
    400: ("GET", "/questions?limit=x", None),
    401: ("GET", "/users/me", None),
    404: ("GET", "/nothing", None),
    405: ("DELETE", "/questions", None),
    414: ("GET", "/questions?tag=" + "x" * 9_000, None),
    415: ("POST", "/alerts", "text"),
    422: ("POST", "/alerts", {}),
    413: ("POST", "/alerts", {"email": "x" * 2_200_000}),
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("accepted", [None, "text/html", "application/json", "*/*"])
def test_every_error_is_a_problem_whatever_is_accepted(client, status, accepted):
    method, path, body = STATUSES[status]
    sent = {"json": body} if isinstance(body, dict) else {"data": body}
    headers = {"Accept": accepted} if accepted else {}
    answer = client.open(f"/api/v1{path}", method=method, headers=headers, **sent)
    assert answer.status_code == status and answer.mimetype == PROBLEM
    assert answer.json["status"] == status and answer.json["title"] and answer.json["detail"]
    assert "Retry-After" not in answer.headers


def test_a_wrong_method_is_told_the_right_ones(client):
    for path, method, allowed in (
        ("/questions", "DELETE", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/users/me", "POST", {"GET", "HEAD", "OPTIONS"}),
        ("/alerts", "GET", {"OPTIONS", "POST"}),
    ):
        answer = client.open(f"/api/v1{path}", method=method)
        assert answer.status_code == 405 and answer.mimetype == PROBLEM
        assert set(answer.headers["Allow"].split(", ")) == allowed


def test_head_is_get_without_a_body_and_options_names_the_methods(client, make_question):
    question = make_question()
    for path in ("/questions", f"/questions/{question.id}", "/nothing", "/questions?limit=x"):
        got, head = client.get(f"/api/v1{path}"), client.head(f"/api/v1{path}")
        assert head.status_code == got.status_code and head.data == b"" and head.mimetype == got.mimetype
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
    answer = client.options("/api/v1/questions")
    assert answer.status_code == 200 and "POST" in answer.headers["Allow"]


@limited
def test_the_limit_in_force_is_told_with_every_answer(client):
    for path in ("/questions", "/nothing", "/questions?limit=x", "/users/me", "/openapi.json"):
        answer = client.get(f"/api/v1{path}")
        stated = {name: int(answer.headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset")}
        assert stated["Limit"] in {each.by_address for each in costs.CLASSES}
        assert 0 <= stated["Remaining"] < stated["Limit"] and 0 < stated["Reset"] <= 60
        assert f"q={stated['Limit']};w=60" in answer.headers["RateLimit-Policy"]
        assert f"r={stated['Remaining']};t=" in answer.headers["RateLimit"]
        assert "Retry-After" not in answer.headers
    first, second = (int(client.get("/api/v1/users").headers["RateLimit-Remaining"]) for _ in range(2))
    assert first - second == 1


@limited
def test_the_limit_of_an_account_is_told_where_it_is_nearer(api, member):
    call = api(member)
    assert call("GET", "/users/me").headers["RateLimit-Limit"] == str(costs.CHEAP.by_account)
    answer = call(
        "POST",
        "/questions",
        {"title": "Is the limit of what is expensive stated?", "body": TEXT, "tags": ["numbers"]},
    )
    assert answer.status_code == 201 and answer.headers["RateLimit-Limit"] == str(costs.EXPENSIVE.by_account)


@limited
def test_who_is_over_the_limit_is_told_when_to_come_back(client, monkeypatch):
    monkeypatch.setattr(costs, "CHEAP", costs.Cost("cheap", 1_200, 600))
    few = costs.Cost("search", 2, 2)
    monkeypatch.setitem(costs.route_costs(client.application).costs, "api_search.search", few)
    answers = [client.get("/api/v1/search?q=x") for _ in range(3)]
    assert [each.status_code for each in answers][-1] == 429
    assert answers[-1].mimetype == PROBLEM and answers[-1].headers["RateLimit-Remaining"] == "0"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


@limited
def test_pages_tell_no_limit_for_caches_repeat_them(client):
    assert "RateLimit" not in str(client.get("/questions").headers)


def test_where_no_limit_is_in_force_none_is_told(client):
    assert "RateLimit-Limit" not in client.get("/api/v1/questions").headers


def test_a_failure_of_the_site_has_a_number(app, client, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError("in a test")

    app.testing, app.config["PROPAGATE_EXCEPTIONS"] = False, False
    monkeypatch.setitem(app.view_functions, "api_users.get_user", fails)
    answer = client.get("/api/v1/users/alice")
    assert answer.status_code == 500 and answer.mimetype == PROBLEM and answer.json["request_id"]
    monkeypatch.setitem(app.view_functions, "api_users.get_user", lambda **kw: (_ for _ in ()).throw(Gone()))
    assert client.get("/api/v1/users/alice").mimetype == PROBLEM
