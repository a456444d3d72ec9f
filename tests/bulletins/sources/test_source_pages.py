"""Administrators add sources and switch them on: pages, API and shell."""

import json

import pytest
from sqlalchemy import select

from auth.security_log.models import SecurityEvent
from bulletins.sources import kinds, queries
from core.database.db import db, utcnow

URL = "https://example.com/kev.json"


@pytest.fixture
def browser(login, admin):
    """The browser of an administrator."""
    return login(admin)


def only_source():
    db.session.expire_all()
    (source,) = queries.sources()
    return source


def test_nothing_is_on_by_default(app, browser):
    assert queries.sources() == []
    page = browser.get("/admin/sources").text
    assert "There are no sources yet" in page
    for suggestion in kinds.SUGGESTIONS:
        assert suggestion.url in page


def test_a_source_is_added_switched_and_removed(browser):
    answer = browser.post("/admin/sources", data={"kind": "kev", "url": URL, "name": "The list"})
    source = only_source()
    assert (source.is_on, source.next_run_at, source.interval_hours) == (False, None, 6)
    page = answer.location
    assert "The list" in browser.get(page).text and "never run" in browser.get(page).text
    browser.post(f"{page}/switch", data={"is_on": "1", "interval_hours": "12"})
    source = only_source()
    assert source.is_on and source.interval_hours == 12 and source.next_run_at <= utcnow()
    browser.post(f"{page}/switch", data={"interval_hours": "12"})
    assert not only_source().is_on
    assert "Remove this source?" in browser.get(f"{page}/remove").text
    browser.post(f"{page}/remove")
    assert queries.sources() == []
    commands = [row.facts.get("command") for row in db.session.scalars(select(SecurityEvent))]
    assert {"source-added", "source-on", "source-off", "source-removed"} <= {*commands}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"kind": "kev", "url": "http://example.com/"}, "only addresses with https"),
        ({"kind": "kev", "url": "https://10.0.0.1/"}, "not the name of a public host"),
        ({"kind": "kev", "url": "https://localhost/"}, "not the name of a public host"),
        ({"kind": "kev", "url": "https://user:word@example.com/"}, "user name or a password"),
        ({"kind": "kev", "url": ""}, "Enter an address"),
        ({"kind": "other", "url": URL}, "Choose what the address leads to"),
        ({"kind": "kev", "url": URL, "interval_hours": "0"}, "Enter 1 to 720 hours"),
        ({"kind": "kev", "url": URL, "interval_hours": "soon"}, "Enter 1 to 720 hours"),
    ],
)
def test_what_cannot_be_a_source_is_said_and_nothing_typed_is_lost(browser, values, why):
    answer = browser.post("/admin/sources", data=values | {"name": "My name for it"})
    assert answer.status_code == 422 and why in answer.text and "My name for it" in answer.text
    assert queries.sources() == []


def test_the_same_address_is_added_once(browser):
    for status in (302, 422):
        assert browser.post("/admin/sources", data={"kind": "kev", "url": URL}).status_code == status


def test_a_switched_on_source_runs_when_asked(browser):
    page = browser.post("/admin/sources", data={"kind": "kev", "url": URL, "is_on": "1"}).location
    only_source().next_run_at = None
    db.session.commit()
    browser.post(f"{page}/run")
    assert only_source().next_run_at <= utcnow()


def test_the_api_is_for_administrators(api, admin, moderator):
    assert api(moderator)("GET", "/sources").status_code == 403
    call = api(admin)
    made = call("POST", "/sources", {"kind": "epss", "url": URL, "is_on": True})
    assert (made.status_code, made.json["interval_hours"], made.json["is_on"]) == (201, 24, True)
    path = f"/sources/{made.json['id']}"
    assert call("POST", f"{path}/switch", {"is_on": False}).json["next_run_at"] is None
    assert call("POST", f"{path}/run").status_code == 202
    assert call("POST", f"{path}/trust").status_code == 200
    assert [each["id"] for each in call("GET", "/sources").json["items"]] == [made.json["id"]]
    assert call("GET", path).json["outcome"] == ""
    assert call("DELETE", path).status_code == 204 and call("GET", path).status_code == 404
    wrong = call("POST", "/sources", {"kind": "epss", "url": "https://127.0.0.1/"})
    assert wrong.status_code == 422 and "public host" in wrong.json["errors"]["url"][0]


def test_the_shell(app, server):
    server.pages["/kev.json"] = b'{"vulnerabilities": [{"cveID": "CVE-2026-1", "dateAdded": "2026-01-01"}]}'

    def run(*words):
        done = app.test_cli_runner().invoke(args=["source", *words])
        db.session.expire_all()
        return done.exit_code, done.stdout

    assert run("add", "kev", "http://10.0.0.1/")[0] == 1
    assert run("add", "kev", f"{server.url}/kev.json", "--off")[0] == 0
    number = str(only_source().id)
    assert run("run")[1] == ""  # it is off
    run("on", number, "--hours", "3")
    status, out = run("run", number)
    line = json.loads(out.splitlines()[-1])
    assert (status, line["outcome"], line["errors"]) == (0, "partial", line["errors"])
    server.pages["/kev.json"] = None
    status, out = run("run")
    assert (status, json.loads(out.splitlines()[-1])["outcome"]) == (1, "failed")
    listed = json.loads(run("list", "--json")[1])["items"][0]
    assert (listed["interval_hours"], listed["failures"], listed["is_on"]) == (3, 1, True)
    assert "404" in run("list")[1]
    run("off", number)
    assert not only_source().is_on
    run("remove", number)
    assert run("remove", number)[0] == 1 and queries.sources() == []
