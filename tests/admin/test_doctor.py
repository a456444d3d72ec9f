"""`flask doctor`: what it prints, and the exit code that a monitor reads."""

import json

import dns.resolver
import pytest

from core.checks import mail_dns
from core.checks.health import Finding, Level
from core.database.db import db

FINDINGS = [
    Finding("Good", Level.OK, "fine"),
    Finding("Odd", Level.WARNING, "strange", "Think."),
    Finding("Bad", Level.ERROR, "broken", "Mend it."),
]


@pytest.fixture
def run(app):
    """run(*words) → the result of flask doctor."""

    def doctor(*words):
        return app.test_cli_runner().invoke(args=["doctor", *words])

    return doctor


@pytest.mark.parametrize(("count", "code"), [(1, 0), (2, 0), (3, 1)])
def test_only_a_fault_makes_the_exit_code_1(run, found, count, code):
    found(*FINDINGS[:count])
    assert run().exit_code == run("--json").exit_code == code


def test_a_person_reads_a_line_for_each_and_what_to_do(run, found):
    found(*FINDINGS)
    assert run().output.splitlines() == [
        "OK      Good: fine",
        "WARNING Odd: strange",
        "        → Think.",
        "ERROR   Bad: broken",
        "        → Mend it.",
    ]


def test_a_program_reads_one_object(run, found):
    found(*FINDINGS)
    said = json.loads(run("--json").output)
    assert said["is_well"] is False
    assert said["findings"][2] == {"name": "Bad", "level": "fault", "found": "broken", "advice": "Mend it."}


@pytest.mark.every_database
def test_each_package_of_a_new_site_is_checked_and_nothing_fails(run, make_question, drain):
    make_question()
    drain()
    found = {each["name"]: each for each in json.loads(run("--json").output)["findings"]}
    assert {
        "Database",
        "Schema",
        "Clock",
        "Events",
        "Outgoing email",
        "Workers",
        "Permissions",
        "Disk",
        "Site address",
        "Search index",
        "Administrators",
    } <= found.keys()
    assert found["Search index"]["level"] == "well"
    assert not [each for each in found.values() if "Could not be checked" in each["found"]]


def test_a_lost_index_is_a_fault(run):
    found = {each["name"]: each["level"] for each in json.loads(run("--json").output)["findings"]}
    assert found["Search index"] == "fault"


def test_a_site_without_administrator_gets_a_warning(run, make_user):
    def administrators():
        return next(
            each for each in json.loads(run("--json").output)["findings"] if each["name"] == "Administrators"
        )

    assert administrators()["level"] == "remark"
    make_user("adam", role="administrator")
    db.session.commit()
    assert (administrators()["level"], administrators()["found"]) == ("well", "adam")


def test_dns_and_mail_server_are_asked_by_options(app, run, monkeypatch):
    asked = []

    class Resolver:
        def resolve(self, name, kind):
            asked.append(name)
            raise dns.resolver.NXDOMAIN

    monkeypatch.setattr(mail_dns, "resolver", Resolver)
    app.config["REDOUBT_SITE_URL"] = "https://redoubt.example"
    assert "SPF" not in run().output and not asked
    assert "SPF: 0 records" in run("--dns").output
    assert "no key at s1" in run("--dkim", "s1").output and "s1._domainkey.redoubt.example" in asked
    assert "Mail server: Not set." in run("--mail").output
