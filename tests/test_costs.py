"""What routes cost: every route has a class, a limit by address and account, and a bound on its body."""

import threading

import pytest

from admin import route_bodies, route_costs
from auth import actions as accounts
from core.database.db import db
from core.limits import costs, rate_limits
from core.limits.costs import CHEAP, CLASSES, EXPENSIVE, FREE, SEARCH
from core.limits.slots import MAX_RUNNING, MAX_TAKEN, Slots
from tests.test_access import ROUTES

UNLIMITED = {"static", "home.healthz", "home.readyz", "scrape.metrics_page"}


@pytest.fixture
def settings():
    return {"REDOUBT_RATE_LIMITS": "on", "REDOUBT_PROXIES": "1"}


def classes(entry):
    return (entry,) if isinstance(entry, costs.Cost) else entry


def test_every_route_has_a_class():
    for rule, method in ROUTES:
        found = classes(route_costs.COSTS[rule.endpoint])
        assert set(found) <= set(CLASSES), f"{method} {rule}"
        if FREE in found:
            assert rule.endpoint in UNLIMITED, f"{method} {rule}"


def test_the_table_names_no_route_that_is_gone():
    endpoints = {rule.endpoint for rule, _ in ROUTES}
    assert set(route_costs.COSTS) == endpoints
    assert set(route_bodies.BODIES) <= endpoints


def test_every_class_but_free_is_limited():
    for cost in set(CLASSES) - {FREE}:
        assert 0 < cost.by_account <= cost.by_address
    assert EXPENSIVE.by_address < SEARCH.by_address < CHEAP.by_address


def test_what_is_not_declared_is_expensive(app):
    assert costs.route_costs(app).of("nobody.declared_this", "GET") is EXPENSIVE
    assert costs.route_costs(app).of(None, "GET") is CHEAP


def get(client, path, address, **more):
    return client.get(path, headers={"X-Forwarded-For": address}, **more)


def statuses(client, path, times, address="203.0.113.5"):
    return [get(client, path, address).status_code for _ in range(times)]


@pytest.fixture
def small(monkeypatch):
    """Classes with limits that a test can reach."""
    small = {cost: costs.Cost(cost.name, 6, 4, cost.takes_slot) for cost in (CHEAP, SEARCH, EXPENSIVE)}
    of = costs.RouteCosts.of
    monkeypatch.setattr(costs.RouteCosts, "of", lambda *args: small.get(cost := of(*args), cost))
    rate_limits.limiter.reset()
    yield small
    rate_limits.limiter.reset()


@pytest.mark.parametrize(
    "path",
    [
        "/search?q=a",
        "/bulletins.csv",
        "/alerts",
        "/settings/profile",
        "/api/v1/questions",
        "/nothing/here",
        "/questions/99999999",
    ],
)
def test_one_address_is_limited_and_another_is_not(small, app, path):
    client = app.test_client()
    found = statuses(client, path, 8)
    assert 429 not in found[:6] and found[6:] == [429, 429]
    refused = get(client, path, "203.0.113.5")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert get(client, path, "198.51.100.7").status_code != 429


def test_a_network_of_ipv6_is_one_address(small, app):
    client = app.test_client()
    found = [get(client, "/search?q=a", f"2001:db8:1:2::{n:x}").status_code for n in range(1, 8)]
    assert found == [200] * 6 + [429]
    assert get(client, "/search?q=a", "2001:db8:1:3::1").status_code == 200
    mapped = [
        get(client, "/search?q=a", address).status_code
        for address in ["::ffff:192.0.2.9"] * 3 + ["192.0.2.9"] * 4
    ]
    assert mapped == [200] * 6 + [429]


def test_an_account_is_limited_from_all_its_addresses(small, app, login, member):
    client = login(member)
    rate_limits.limiter.reset()
    found = [get(client, "/search?q=a", f"203.0.113.{n}").status_code for n in range(6)]
    assert found == [200] * 4 + [429] * 2


def test_a_token_counts_for_its_account(small, app, member):
    from_token = {"Authorization": f"Bearer {make_token(member)}"}
    client = app.test_client()
    found = [
        client.get("/api/v1/users/me", headers={**from_token, "X-Forwarded-For": f"203.0.113.{n}"})
        for n in range(6)
    ]
    assert [answer.status_code for answer in found] == [200] * 4 + [429] * 2
    assert found[-1].content_type == "application/problem+json"


def make_token(user):
    token = accounts.make_token(user, "test", "read")
    db.session.commit()
    return token


def test_what_watches_the_site_is_never_limited(small, app):
    assert set(statuses(app.test_client(), "/healthz", 20)) == {200}


def test_reads_and_writes_are_counted_apart(small, app):
    client = app.test_client()
    statuses(client, "/questions", 7)
    answer = client.post("/theme", headers={"X-Forwarded-For": "203.0.113.5"})
    assert answer.status_code == 302


def test_the_limit_in_force_can_be_asked_for(small, app):
    with app.test_request_context("/search?q=a", headers={"X-Forwarded-For": "203.0.113.5"}):
        app.preprocess_request()
        found = rate_limits.current_limit()
        rate_limits._release_slot(None)
    assert (found.name, found.amount, found.remaining) == ("search", 6, 5) and 0 < found.seconds <= 60


def test_no_page_carries_what_is_left_of_somebody_elses_limit(app):
    answer = app.test_client().get("/")
    assert not [name for name in dict(answer.headers) if "ratelimit" in name.lower()]


def test_eight_clients_of_one_visitor_hold_three_threads(app, monkeypatch):
    """Held views of an expensive route: two run, one waits, five are refused, another visitor is served."""
    inside, go_on, answers = threading.Semaphore(0), threading.Event(), []

    def slow(**arguments):
        inside.release()
        assert go_on.wait(20)
        return "done"

    monkeypatch.setitem(app.view_functions, "bulletins.export_bulletins", slow)

    def ask(address):
        with app.app_context():
            answers.append(get(app.test_client(), "/bulletins.csv", address).status_code)

    threads = [threading.Thread(target=ask, args=("203.0.113.5",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(MAX_RUNNING):
        assert inside.acquire(timeout=20)
    others = threading.Thread(target=ask, args=("198.51.100.7",))
    others.start()
    assert inside.acquire(timeout=20), "another visitor's request runs"
    while answers.count(429) < 8 - MAX_TAKEN:
        threads[0].join(0.01)
    go_on.set()
    for thread in [*threads, others]:
        thread.join(20)
    assert answers.count(429) >= 8 - MAX_TAKEN and answers.count(200) >= MAX_RUNNING + 1
    assert app.extensions["slots"].is_empty


def test_a_slot_is_given_back_after_an_error(app, monkeypatch):
    def broken(**arguments):
        raise RuntimeError("broken on purpose")

    monkeypatch.setitem(app.view_functions, "bulletins.export_bulletins", broken)
    assert get(app.test_client(), "/bulletins.csv", "203.0.113.5").status_code == 500
    assert app.extensions["slots"].is_empty


def test_slots_that_are_not_to_be_had_leave_nothing_taken(monkeypatch):
    monkeypatch.setattr("core.limits.slots.MAX_WAIT_SECONDS", 0.01)
    slots = Slots()
    assert slots.take(["a"]) and slots.take(["a", "b"])
    assert not slots.take(["b", "a"])
    slots.release(["a"])
    assert slots.take(["b", "a"])
    slots.release(["a", "b"])
    slots.release(["a", "b"])
    assert slots.is_empty
