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
WRITES = [(rule, method) for rule, method in ROUTES if method != "GET"]
WRITE_IDS = [name for name in IDS if not name.startswith("GET ")]
PARTS = 8  # tests that share a world, as what is refused or only read changes nothing


@pytest.fixture
def caller(app, login):
    """caller(user) → call(method, path, data); the API is called with a token of that person."""

    def start(user):
        client = login(user) if user else app.test_client()
        token = accounts.make_token(user, "test", "write") if user else None
        db.session.commit()

        def call(method, path, data=None):
            if path.startswith("/api/"):
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                return app.test_client().open(path, method=method, json=data or {}, headers=headers)
            return client.open(path, method=method, data=data)

        return call

    return start


@pytest.fixture
def callers(world, caller):
    """{role: call(method, path, data)}."""
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


def unchanged(app, before, path):
    """Fail when a table has changed since `before`."""
    now = contents(app)
    changed = [table for table in now if now[table] != before[table]]
    assert not changed, f"{path} changed {changed}"


@pytest.mark.parametrize("part", range(PARTS))
def test_who_may_not_is_refused_and_changes_nothing(app, world, callers, restricted, part):
    before = contents(app)
    for rule, method in ROUTES[part::PARTS]:
        path, data = address(app, world, rule), BODIES.get(rule.endpoint)
        for who, call in refused_callers(app, rule, method, callers, restricted):
            answer = call(method, path, data)
            assert refused(answer), f"{method} {rule}: {who} got {answer.status_code}"
        unchanged(app, before, f"{method} {rule}, refused,")


@pytest.mark.parametrize("part", range(PARTS))
def test_who_may_read_is_let_in(app, world, callers, restricted, part):
    for rule, method in ROUTES[part::PARTS]:
        if method != "GET":
            continue
        path, data = address(app, world, rule), BODIES.get(rule.endpoint)
        closed = {who for who, _ in refused_callers(app, rule, method, callers, restricted)}
        for who in restricted.keys() - closed:
            answer = restricted[who](method, path, data)
            assert answer.status_code < 500, f"{rule}: {who} got {answer.status_code}"
            if who in RESTRICTED and rule.endpoint not in TELLS_WHAT_WAS_REMOVED:
                assert CANARY.encode() not in answer.data, f"{rule}: {who} reads it"
        if lowest := lowest_role(rule, method):
            answer = callers[lowest](method, path, data)
            assert not refused(answer), f"{rule}: {lowest} got {answer.status_code}"
            assert answer.status_code < 500, f"{rule}: {lowest} got {answer.status_code}"


def lowest_role(rule, method):
    """The role with the fewest rights that may use a route; None when its table names none."""
    allowed = ALLOWED[level(rule.endpoint, method)]
    return next((role for role in ROLES if role in allowed), None)


@pytest.mark.parametrize(("rule", "method"), WRITES, ids=WRITE_IDS)
def test_who_may_write_is_let_in(app, world, caller, rule, method):
    if lowest := lowest_role(rule, method):
        call = caller(world.people[lowest])
        answer = call(method, address(app, world, rule), BODIES.get(rule.endpoint))
        assert not refused(answer) and answer.status_code < 500, f"{lowest} got {answer.status_code}"


@pytest.mark.parametrize("part", range(PARTS))
def test_no_state_changes_without_a_token_of_the_form(app, world, login, part):
    app.config["WTF_CSRF_ENABLED"] = True
    client = login(world.people["admin"])
    before = contents(app)
    for rule, method in WRITES[part::PARTS]:
        if rule.rule.startswith("/api/") or rule.endpoint in TOKENLESS:
            continue  # reads no cookie, or does what needs no proof of who asks
        answer = client.open(address(app, world, rule), method=method, data=BODIES.get(rule.endpoint))
        assert answer.status_code == 400, f"{method} {rule}"
        unchanged(app, before, f"{method} {rule} without a token")


def test_the_table_names_no_route_that_is_gone():
    assert set(ACCESS) == {rule.endpoint for rule, _ in ROUTES}


def test_a_cookie_opens_nothing_in_the_api(app, world, login):
    client = login(world.people["admin"])
    answer = client.post("/api/v1/articles", json={})
    assert answer.status_code == 401
