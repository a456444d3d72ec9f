"""What is logged: enough to find a fault, by a number people are shown; nothing personal and no secret."""

import json
import logging
import re
import sqlite3
import sys
from urllib.parse import quote

import pytest
from flask import request
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from app import create_app
from core.database.db import db
from core.observability import logs

DATABASE_PASSWORD, KEY = "hunter2-of-db", "a-signing-key-0123456789"
SECRET, MAIL = "Rj7-Kq2_Zw9xTb4Lm8Vn3Yd6", "private.person@mailbox.example"
SENT = {
    "email": MAIL,
    "username": "confidential-name",
    "password": "pass phrase äöü",
    "code": "135790",
    "body": "sentence-in-a-draft",
}
ENTRY_POINTS = [  # method, path, form, JSON body
    ("POST", "/login", SENT, None),
    ("POST", "/register", SENT, None),
    ("POST", "/reset", SENT, None),
    ("GET", f"/reset/{SECRET}", None, None),
    ("POST", f"/reset/{SECRET}", SENT, None),
    ("GET", f"/alerts/manage/{SECRET}", None, None),
    ("POST", f"/alerts/unsubscribe/{SECRET}", None, None),
    ("GET", f"/my/{SECRET}.ics", None, None),
    ("GET", f"/confirm/{SECRET}", None, None),
    ("GET", f"/login?next=/reset/{SECRET}&email={quote(MAIL)}", None, None),
    ("GET", f"/search?q={quote(SENT['password'])}+{SECRET}", None, None),
    ("POST", "/register", None, {"title": SENT["body"], "body": SENT["password"], "tags": [MAIL]}),
]
HEADERS = {
    "Authorization": f"Bearer {SECRET}",
    "User-Agent": "a-browser-of-somebody",
    "Referer": f"/r/{SECRET}",
    "X-Forwarded-For": "203.0.113.77",
    "Cookie": f"session={SECRET}",
}
HIDDEN = [*SENT.values(), SECRET, MAIL, quote(MAIL), "a-browser-of-somebody", "203.0.113.77", "198.51.100.9"]


@pytest.fixture
def settings():
    return {"REDOUBT_LOG": "json"}


@pytest.fixture(params=["json", "text"])
def form(request, app):
    """In what form is logged."""
    app.config["REDOUBT_LOG"] = request.param
    return request.param


@pytest.fixture
def logged(app, request, capsys):
    """logged() → what was written to standard error since the last time, by this site's own handler."""
    root, form = logging.getLogger(), app.config["REDOUBT_LOG"]
    if "form" in request.fixturenames:
        form = request.getfixturevalue("form")
    before, handler = root.handlers[:], logs.Handler()
    handler.setFormatter({"json": logs.Json, "text": logs.Text}[form]([KEY, DATABASE_PASSWORD]))
    root.handlers = [each for each in before if not isinstance(each, logs.Handler)] + [handler]
    capsys.readouterr()
    yield lambda: capsys.readouterr().err
    root.handlers = before


@pytest.fixture
def crash(app, monkeypatch):
    """Every view fails with an error that quotes all it got, as parsers and databases do."""

    def fail(**arguments):
        raise ValueError(
            f"cannot read {request.full_path} {arguments} {request.form.to_dict()} "
            f"{request.get_json(silent=True)} {dict(request.headers)} {request.remote_addr}"
        )

    for endpoint in list(app.view_functions):
        monkeypatch.setitem(app.view_functions, endpoint, fail)


def knock(client, method, path, form, body):
    return client.open(
        path,
        method=method,
        data=form,
        json=body,
        headers=HEADERS,
        environ_base={"REMOTE_ADDR": "198.51.100.9"},
    )


def found_in(output):
    return [word for word in HIDDEN if word in output or json.dumps(word)[1:-1] in output]


@pytest.mark.parametrize(
    "entry_point", ENTRY_POINTS, ids=lambda entry_point: f"{entry_point[0]} {entry_point[1][:16]}"
)
def test_what_people_send_is_not_logged_when_all_goes_well(client, form, logged, entry_point):
    knock(client, *entry_point)
    output = logged()
    assert not found_in(output) and (form == "text" or output)


@pytest.mark.parametrize(
    "entry_point", ENTRY_POINTS, ids=lambda entry_point: f"{entry_point[0]} {entry_point[1][:16]}"
)
def test_what_people_send_is_not_logged_in_a_crash_that_quotes_it(client, form, logged, crash, entry_point):
    assert knock(client, *entry_point).status_code == 500
    output = logged()
    assert "ValueError" in output and "cannot read" in output
    assert not found_in(output), output


@pytest.mark.parametrize("quoting", [repr, ascii, json.dumps, quote, str.strip, str])
def test_what_was_sent_is_hidden_however_it_is_quoted(app, client, logged, monkeypatch, quoting):
    def fail():
        raise ValueError(f"cannot read {quoting(request.form['body'])}")

    monkeypatch.setitem(app.view_functions, "auth.login", fail)
    client.post("/login", data={"body": "  words, nöt 'for' others\n"})
    output = logged()
    assert "cannot read" in output and not re.search("words|others", output)


def test_the_address_is_hidden_also_when_the_body_is_too_large(app, client, logged, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 10)

    def fail():
        raise ValueError(f"cannot read {request.args['next']}")

    monkeypatch.setitem(app.view_functions, "auth.login", fail)
    client.post("/login?next=her-words&other=1", data={"body": "x" * 99})
    assert "her-words" not in logged()


@pytest.mark.parametrize(
    "entry_point", ENTRY_POINTS, ids=lambda entry_point: f"{entry_point[0]} {entry_point[1][:16]}"
)
def test_what_people_send_is_not_logged_when_the_database_is_away(client, form, logged, entry_point):
    def away(connection, cursor, statement, parameters, context, many):
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise OperationalError(statement, parameters, error)

    event.listen(db.engine, "before_cursor_execute", away)
    try:
        knock(client, *entry_point)
    finally:
        event.remove(db.engine, "before_cursor_execute", away)
    assert not found_in(logged())


def test_values_of_a_failed_statement_are_not_logged(app, client, form, logged, member, monkeypatch):
    def insert():
        db.session.execute(
            text("INSERT INTO users (email, nothing) VALUES (:a, :b)"), {"a": MAIL, "b": SECRET}
        )

    monkeypatch.setitem(app.view_functions, "home.help_page", insert)
    assert client.get("/help").status_code == 500
    output = logged()
    assert "INSERT INTO users" in output and not found_in(output)


@pytest.mark.parametrize(
    ("message", "hidden"),
    [
        (f"duplicate key\nDETAIL:  Key (email)=({MAIL}) already exists.", MAIL),
        ("bad row\nDETAIL:  Failing row contains (7, Wanda, her words).", "her words"),
        ("syntax\nLINE 1: SELECT 'her words'\n               ^", "her words"),
        (f"cannot reach postgresql://redoubt:{DATABASE_PASSWORD}@db1/redoubt", DATABASE_PASSWORD),
        ("cannot reach redis://:other-password@cache/0", "other-password"),
        (f"mail to {MAIL} refused", MAIL),
        (f"no link {SECRET}", SECRET),
        (f"signed with {KEY}", KEY),
        ("a session 0123456789abcdef0123456789abcdef ended", "0123456789abcdef"),
    ],
)
def test_a_worker_has_no_request_and_hides_the_same(app, form, logged, message, hidden):
    logging.getLogger("redoubt.test").error("%s", message)
    try:
        raise RuntimeError(message)
    except RuntimeError:
        logging.getLogger("redoubt.test").exception("worker: failed")
    output = logged()
    assert "redoubt.test" in output and hidden not in output


@pytest.mark.parametrize(
    "innocent",
    [
        "core.jobs.worker.notify.alert_tasks.forget_unconfirmed",
        "ix_outgoing_mail_failed",
        "0300_notifications_and_alerts",
        "REDOUBT_RATE_LIMITS",
        "CVE-2021-44228",
    ],
)
def test_names_of_our_own_stay_readable(app, form, logged, innocent):
    logging.getLogger("redoubt.test").error("look at %s", innocent)
    assert innocent in logged()


def test_secrets_of_the_settings_are_known_to_the_log(tmp_path):
    before = logging.getLogger().handlers[:]
    url = f"postgresql+psycopg://redoubt:{quote('p@ss word')}@127.0.0.1:1/none"
    site = create_app(
        REDOUBT_INSTANCE=tmp_path,
        REDOUBT_WORKER="off",
        REDOUBT_DATABASE_URL=url,
        REDOUBT_METRICS_TOKEN="metrics-token-0123456789",
        REDOUBT_SECRET_KEY="k" * 40,
        REDOUBT_MAIL_URL="smtp://me:mailword@127.0.0.1",
        REDOUBT_REPLICA_URLS="postgresql://r:copyword@127.0.0.1:1/none",
    )
    clean = logging.getLogger().handlers[-1].formatter.clean
    logging.getLogger().handlers = before
    known = [
        "p@ss word",
        "p%40ss%20word",
        "metrics-token-0123456789",
        "mailword",
        "copyword",
        site.config["SECRET_KEY"],
    ]
    assert clean(", ".join(known)) == ", ".join(["***"] * len(known))


def test_a_request_is_one_object_with_its_cost_and_route(client, logged, make_question, count_queries):
    question = make_question()
    logged()
    with count_queries():
        answer = client.get(question.url)
    lines = logged().splitlines()
    said = json.loads(lines[0])
    assert len(lines) == 1 and said["request"] == answer.headers["X-Request-ID"]
    assert said["route"] == "/questions/<int:question_id>/<slug>" and said["endpoint"] == "forum.question"
    assert (said["method"], said["status"], said["page"]) == ("GET", 200, "miss")
    assert said["queries"] > 1 and said["ms"] > 0 and said["bytes"] == int(answer.headers["Content-Length"])


def test_what_does_not_exist_is_logged_without_its_address(client, logged):
    client.open("/wp-admin/evil", method="PROPFIND")
    said = json.loads(logged())
    assert (said["status"], said["route"], said["method"], said["endpoint"]) == (404, "", "", "none")
    assert "evil" not in json.dumps(said)


def test_text_has_no_line_for_every_request(app, client, logged):
    app.config["REDOUBT_LOG"] = "text"
    client.get("/help")
    assert logged() == ""


@pytest.mark.parametrize("path", ["/help", "/questions", "/no-such-page", "/static/css/base.css"])
def test_every_request_has_a_number_of_its_own(client, path):
    numbers = [client.get(path).headers.getlist("X-Request-ID") for _ in range(3)]
    assert all(len(each) == 1 and re.fullmatch("[0-9a-f]{16}", each[0]) for each in numbers)
    assert len({each[0] for each in numbers}) == 3


def test_a_page_that_was_ready_is_logged_under_its_number(client, logged):
    client.get("/questions")
    logged()
    answer = client.get("/questions")
    said = json.loads(logged())
    assert (said["page"], said["route"], said["status"]) == ("ready", "/questions", 200)
    assert said["request"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("accept", "place"), [("text/html", "<code>{}</code>"), ("application/json", '"request_id":"{}"')]
)
def test_who_meets_a_fault_is_shown_the_number_that_is_logged(client, logged, crash, accept, place):
    answer = client.get("/help", headers={"Accept": accept})
    number = answer.headers["X-Request-ID"]
    assert answer.status_code == 500 and place.format(number) in answer.text.replace(": ", ":")
    records = [json.loads(line) for line in logged().splitlines()]
    assert {each["request"] for each in records} == {number}
    assert any("ValueError" in each.get("exception", "") for each in records)


@pytest.mark.parametrize(
    ("proxies", "given", "taken"),
    [
        (0, "from-outside-1", False),
        (1, "from-outside-1", True),
        (1, "short", False),
        (1, "x" * 65, False),
        (1, "two words here", False),
        (1, "<script>alert(1)", False),
        (1, "", False),
    ],
)
def test_a_number_from_outside_is_taken_from_a_proxy_of_ours_only(app, client, proxies, given, taken):
    app.config["REDOUBT_PROXIES"] = proxies
    answer = client.get("/help", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is taken


def test_nothing_that_is_logged_looks_like_a_line_of_its_own(app, form, logged):
    try:
        raise ValueError("one\n2026-01-01 ERROR forged\r\x1b[2J\u2028two")
    except ValueError as error:
        logging.getLogger("redoubt.test").exception("it said %s", error)
    lines = logged().split("\n")[:-1]
    if form == "json":
        assert len(lines) == 1 and json.loads(lines[0])["level"] == "error"
    else:
        assert all(line.startswith("    ") for line in lines[1:]) and "forged" in lines[0]
        assert not {"\r", "\x1b", "\u2028"} & set("".join(lines))


def test_a_line_that_cannot_be_written_ends_nothing(app, logged, monkeypatch):
    class Closed:
        def write(self, text):
            raise OSError("the pipe is closed")

        flush = write

    monkeypatch.setattr(logging, "raiseExceptions", False)
    monkeypatch.setattr(sys, "stderr", Closed())
    logging.getLogger("redoubt.test").error("nobody hears this")


def test_what_the_server_could_not_read_is_not_logged(app, logged):
    server = logging.getLogger("gunicorn.error")
    server.warning("Invalid request from ip=192.0.2.1: Invalid HTTP request line: 'GET /x?token=canary \xff'")
    server.error("Error handling request %s", "/x?token=canary")
    lines = logged()
    assert "canary" not in lines and "192.0.2.1" not in lines
    assert "could not be read" in lines and "could not be answered" in lines
