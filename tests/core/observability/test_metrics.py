"""What is counted for Prometheus: by names of our own, for all processes, for who has the token."""

import shutil
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench.programs import Program, answers, free_port
from core.database.db import db
from core.jobs.events import record
from core.observability import metrics
from tests.failures.processes import GUNICORN, wait_until

TOKEN = "a-token-of-a-test-0123456789"


@pytest.fixture
def settings():
    return {"REDOUBT_METRICS_TOKEN": TOKEN}


@pytest.fixture(autouse=True)
def nothing_counted():
    """The counts of this test alone: what all tests before have left takes long to read."""
    metrics._counter.cache_clear()
    for counts in (metrics.requests, metrics.queries, metrics.query_seconds, metrics.pages, metrics.searches):
        counts.clear()


def bearer(token=TOKEN):
    return {"Authorization": f"Bearer {token}"}


def samples(text):
    """{(name, labels): value} of what /metrics says."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def grown(client):
    """`grown(name, **labels)` → how much a sample has grown since the test began."""

    def now():
        return samples(client.get("/metrics", headers=bearer()).text)

    before = now()
    return lambda name, **labels: (
        now().get(key := (name, tuple(sorted(labels.items()))), 0) - before.get(key, 0)
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [("/metrics", 200), ("/healthz", 200), ("/readyz", 200), ("/help", 400), ("/metrics/", 400)],
)
def test_what_watches_a_host_may_ask_it_by_its_address(app, client, path, status):
    app.config["TRUSTED_HOSTS"] = ["redoubt.example"]
    answer = client.get(path, headers=bearer() | {"Host": "10.0.0.11:8000"})
    assert answer.status_code == status and "10.0.0.11" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer(""),
        bearer(TOKEN[:-1]),
        bearer(TOKEN + "x"),
        {"Authorization": TOKEN},
        {"Authorization": f"bearer {TOKEN} "},
        {"Authorization": "Bearer \xff\xe9"},
    ],
)
def test_without_the_token_the_page_does_not_exist(client, headers):
    refused, absent = client.get("/metrics", headers=headers), client.get("/no-such-page")
    assert refused.status_code == 404 and "redoubt_" not in refused.text
    assert refused.text.replace("/metrics", "/no-such-page") == absent.text


def test_without_a_token_in_the_settings_nobody_reads_it(app, client, login, admin):
    app.config["REDOUBT_METRICS_TOKEN"] = ""
    assert client.get("/metrics", headers=bearer("")).status_code == 404
    assert client.get("/metrics?token=", headers={"Authorization": "Bearer"}).status_code == 404
    assert login(admin).get("/metrics").status_code == 404


def test_an_administrator_is_no_exception(login, admin):
    assert login(admin).get("/metrics").status_code == 404


def test_the_answer_is_in_the_format_of_prometheus_and_kept_by_nobody(client):
    answer = client.get("/metrics", headers=bearer())
    assert answer.status_code == 200 and answer.content_type.startswith("text/plain; version=")
    assert answer.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in answer.headers
    assert samples(answer.text)


def test_a_request_is_counted_by_endpoint_and_class_of_status(client, grown):
    client.get("/help")
    client.get("/users/nobody")
    count = "redoubt_request_seconds_count"
    assert grown(count, endpoint="home.help_page", status="2xx") == 1
    assert grown(count, endpoint="auth.profile", status="4xx") == 1


def test_what_somebody_sends_never_becomes_a_label(client, member):
    sent = ["/wp-login.php?x=evil1", "/users/evil2", "/tags/evil3", "/search?q=evil4", "/questions/evil5"]
    for path in sent:
        client.get(path, headers={"User-Agent": "evil6", "Host": "localhost"})
    client.open("/help", method="EVIL7")
    text = client.get("/metrics", headers=bearer()).text
    assert "evil" not in text.lower() and member.username not in text


def test_a_thousand_addresses_make_no_new_series(client):
    def series(numbers):
        for number in numbers:
            client.get(f"/nothing-{number}")
            client.open("/help", method=f"VERB{number}")
        return len(samples(client.get("/metrics", headers=bearer()).text))

    series([0])  # reading them is counted too
    before = series([0])
    assert series(range(1, 50)) == before


def test_a_crash_is_counted(app, client, grown, monkeypatch):
    monkeypatch.setitem(app.view_functions, "home.help_page", lambda: 1 / 0)
    assert client.get("/help").status_code == 500
    assert grown("redoubt_request_seconds_count", endpoint="home.help_page", status="5xx") == 1


@pytest.mark.every_database
def test_queries_are_those_that_the_database_got(client, grown, count_queries):
    with count_queries() as statements:
        client.get("/questions")
    assert len(statements) > 1
    assert grown("redoubt_queries_total", endpoint="forum.questions") == len(statements)
    assert grown("redoubt_query_seconds_total", endpoint="forum.questions") > 0


def test_the_page_cache_tells_ready_hit_miss_and_stale_apart(app, client, grown):
    client.get("/questions")
    client.get("/questions")
    app.extensions["response_cache"].responses.clear()
    client.get("/questions")
    record("test.changed")
    db.session.commit()
    client.get("/questions")
    assert {
        outcome: grown("redoubt_page_cache_total", outcome=outcome)
        for outcome in ("miss", "ready", "hit", "stale")
    } == dict.fromkeys(("miss", "ready", "hit", "stale"), 1)


@pytest.mark.every_database
def test_a_page_that_was_ready_is_a_request_with_the_queries_it_took(client, grown, count_queries):
    client.get("/questions")
    before = grown("redoubt_queries_total", endpoint="forum.questions")
    with count_queries(kept=True) as statements:
        for _ in range(3):
            client.get("/questions")
    assert grown("redoubt_page_cache_total", outcome="ready") == 3
    assert grown("redoubt_request_seconds_count", endpoint="forum.questions", status="2xx") == 4
    assert grown("redoubt_queries_total", endpoint="forum.questions") - before == sum(
        statement.startswith("SELECT") for statement in statements
    )


def test_a_members_page_asks_nothing_of_the_page_cache(login, member, grown):
    login(member).get("/questions")
    assert not any(
        grown("redoubt_page_cache_total", outcome=outcome) for outcome in ("ready", "miss", "hit", "stale")
    )


def test_a_search_is_counted_by_whether_the_index_answered(client, grown, drain, make_question):
    client.get("/search?q=patching")
    make_question()
    drain()
    client.get("/search?q=patching")
    assert grown("redoubt_search_seconds_count", outcome="unavailable") == 1
    assert grown("redoubt_search_seconds_count", outcome="answered") == 1


@pytest.mark.every_database
def test_what_waits_can_be_read(client, grown, make_question, drain):
    make_question()
    assert grown("redoubt_events_waiting") > 0
    drain()
    found = samples(client.get("/metrics", headers=bearer()).text)
    assert found[("redoubt_events_waiting", ())] == 0
    assert found[("redoubt_search_usable", ())] == 1 and found[("redoubt_search_documents", ())] > 0


def test_a_source_that_fails_costs_only_itself(app, client, monkeypatch):
    def no_connection(*arguments):
        raise OSError("gone")

    monkeypatch.setattr(app.extensions["search"], "view", no_connection)
    answer = client.get("/metrics", headers=bearer())
    assert answer.status_code == 200
    assert "redoubt_search_usable" not in answer.text and "redoubt_mail_waiting 0.0" in answer.text


def test_outside_a_request_nothing_is_tallied(app):
    with app.app_context():
        metrics.count_page("hit")
        assert metrics.tally().queries == 0 and metrics.tally().page == ""


@pytest.mark.long
def test_the_processes_of_gunicorn_count_together(tmp_path, empty_database):
    instance, port = tmp_path / "instance", free_port()
    instance.mkdir(mode=0o700)
    shutil.copy(empty_database, instance / "redoubt.db")
    address = f"http://127.0.0.1:{port}"
    program = Program(
        [GUNICORN, "--bind", f"127.0.0.1:{port}"],
        tmp_path / "web.log",
        WEB_CONCURRENCY=2,
        REDOUBT_INSTANCE=instance,
        REDOUBT_WORKER="off",
        REDOUBT_RATE_LIMITS="off",
        REDOUBT_METRICS_TOKEN=TOKEN,
    )

    def read():
        request = urllib.request.Request(f"{address}/metrics", headers=bearer())
        with urllib.request.urlopen(request, timeout=30) as answer:
            return samples(answer.read().decode())

    counted = ("redoubt_request_seconds_count", (("endpoint", "home.help_page"), ("status", "2xx")))
    try:
        wait_until(lambda: answers(f"{address}/healthz"), "it answers")
        wait_until(lambda: read()[("redoubt_processes", ())] == 2, "both processes serve")
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(lambda _: answers(f"{address}/help"), range(60)))
        assert {read()[counted] for _ in range(10)} == {60}
        assert read()[("redoubt_memory_bytes", ())] > 10**7
        folder = {name for name in read() if "pid" in dict(name[1])}
        assert not folder, "a process is no label"
    finally:
        code = program.stop()
    assert code == 0, program.output()
