"""Every route against every role: who may not is refused and changes nothing, who may is let in."""

import tempfile

import pytest

from app import create_app
from auth import actions as accounts
from core.database.db import db
from tests.access import (
    ACCESS,
    ALLOWED,
    ARGUMENTS,
    BODIES,
    RESTRICTED,
    ROLES,
    TOKENLESS,
    is_closed_to_read_token,
    is_closed_to_restricted,
    level,
)
from tests.world import CANARY

TELLS_WHAT_WAS_REMOVED = {"products.history"}  # the public record of a product's changes
SHIFTING = {"attempts", "sessions", "api_tokens", "security_events", "security_origins"}


def routes():
    """(rule, method) of every route of the site."""
    app = create_app(REDOUBT_INSTANCE=tempfile.mkdtemp(prefix="redoubt-routes-"), REDOUBT_WORKER="off")
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


ROUTES = routes()
IDS = [f"{method} {rule.rule}" for rule, method in ROUTES]


@pytest.fixture
def callers(app, world, login):
    """{role: call(method, path, data)}; the API is called with a token of that person."""

    def caller(user):
        client = login(user) if user else app.test_client()
        token = accounts.make_token(user, "test", "write") if user else None
        db.session.commit()

        def call(method, path, data=None):
            if path.startswith("/api/"):
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                return app.test_client().open(path, method=method, json=data or {}, headers=headers)
            return client.open(path, method=method, data=data)

        return call

    return {role: caller(user) for role, user in world.people.items()}


def contents(app):
    """Everything in the database but what counts attempts and sessions."""
    tables = [table for table in db.metadata.sorted_tables if table.name not in SHIFTING]
    found = {table.name: sorted(map(repr, db.session.execute(table.select()))) for table in tables}
    db.session.commit()
    return found


def address(app, world, rule):
    renamed = {name: world.public[other] for name, other in ARGUMENTS.get(rule.endpoint, {}).items()}
    values = world.values(rule, **renamed)
    assert values is not None, f"{rule}: give its arguments a value in tests/world.py"
    with app.test_request_context():
        return rule.build(values, append_unknown=False)[1]


def refused(answer):
    return answer.status_code in (401, 403, 404) or (
        answer.status_code == 302 and "/login" in answer.headers["Location"]
    )


@pytest.fixture
def restricted(app, world, login):
    """{who: call} of those who may less than a role says: members who are suspended or unconfirmed; a token
    that may only read (of a moderator), and an administrator's token where pages ask for a session."""

    def program(user, scope):
        token = accounts.make_token(user, "test", scope)
        headers = {"Authorization": f"Bearer {token}"}

        def call(method, path, data=None):
            more = {"json": data or {}} if path.startswith("/api/") else {"data": data}
            return app.test_client().open(path, method=method, headers=headers, **more)

        return call

    def person(user):
        client, by_token = login(user), program(user, "write")

        def call(method, path, data=None):
            if path.startswith("/api/"):
                return by_token(method, path, data)
            return client.open(path, method=method, data=data)

        return call

    made = {who: person(world.restricted[who]) for who in RESTRICTED}
    made["read token"] = program(world.people["moderator"], "read")
    made["token on a page"] = program(world.people["admin"], "write")
    db.session.commit()
    return made


def refused_callers(app, rule, method, callers, restricted):
    """[(who, call)] of everybody who must be refused at a route."""
    allowed, is_api = ALLOWED[level(rule.endpoint, method)], rule.rule.startswith("/api/")
    found = [(role, callers[role]) for role in ROLES if role not in allowed]
    if is_closed_to_restricted(rule.endpoint, method, app.view_functions[rule.endpoint]):
        found += [(who, restricted[who]) for who in RESTRICTED]
    if is_api and is_closed_to_read_token(rule.endpoint, method):
        found += [("read token", restricted["read token"])]
    if not is_api and level(rule.endpoint, method) != "all":
        found += [("token on a page", restricted["token on a page"])]
    return found


@pytest.mark.parametrize(("rule", "method"), ROUTES, ids=IDS)
def test_who_may_not_is_refused_and_who_may_is_let_in(app, world, callers, restricted, rule, method):
    allowed = ALLOWED[level(rule.endpoint, method)]
    path, data = address(app, world, rule), BODIES.get(rule.endpoint)
    before, closed = contents(app), refused_callers(app, rule, method, callers, restricted)
    for who, call in closed:
        answer = call(method, path, data)
        assert refused(answer), f"{who} got {answer.status_code}"
    assert contents(app) == before, f"one of {[who for who, _ in closed]} changed something"
    if method == "GET":
        for who in restricted.keys() - {who for who, _ in closed}:
            answer = restricted[who](method, path, data)
            assert answer.status_code < 500, f"{who} got {answer.status_code}"
            if who in RESTRICTED and rule.endpoint not in TELLS_WHAT_WAS_REMOVED:
                assert CANARY not in answer.text, f"{who} reads it"
    if lowest := next((role for role in ROLES if role in allowed), None):
        answer = callers[lowest](method, path, data)
        assert not refused(answer) and answer.status_code < 500, f"{lowest} got {answer.status_code}"


@pytest.mark.parametrize(
    ("rule", "method"), [r for r in ROUTES if r[1] != "GET"], ids=[i for i in IDS if not i.startswith("GET")]
)
def test_no_state_changes_without_a_token_of_the_form(app, world, login, rule, method):
    app.config["WTF_CSRF_ENABLED"] = True
    if rule.rule.startswith("/api/") or rule.endpoint in TOKENLESS:
        pytest.skip("reads no cookie, or does what needs no proof of who asks")
    client = login(world.people["admin"])
    before = contents(app)
    answer = client.open(address(app, world, rule), method=method, data=BODIES.get(rule.endpoint))
    assert answer.status_code == 400
    assert contents(app) == before


def test_the_table_names_no_route_that_is_gone():
    assert set(ACCESS) == {rule.endpoint for rule, _ in ROUTES}


def test_a_cookie_opens_nothing_in_the_api(app, world, login):
    client = login(world.people["admin"])
    answer = client.post("/api/v1/articles", json={})
    assert answer.status_code == 401
