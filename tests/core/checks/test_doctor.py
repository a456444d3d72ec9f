"""The health checks of core: each finding well, a remark or a fault, and why."""

import os
import smtplib
import subprocess
from collections import namedtuple
from datetime import timedelta

import click
import dns.exception
import dns.resolver
import pytest
import time_machine
from redis import Redis
from redis.exceptions import ConnectionError as NoRedis
from sqlalchemy import text

from app import create_app
from core import cli
from core.checks import files, health, mail_dns
from core.checks.health import Finding, Level
from core.database import schema
from core.database.db import db, utcnow
from core.database.models import Event, OutgoingMail
from core.observability import heartbeats, processes
from tests.registries import replace

WELL, REMARK, FAULT = Level.OK, Level.WARNING, Level.ERROR
SITE = {"REDOUBT_SITE_URL": "https://redoubt.example", "REDOUBT_MAIL_FROM": ""}
SPF, DMARC, KEY = "v=spf1 mx -all", "v=DMARC1; p=reject", "v=DKIM1; k=rsa; p=MIIB"
Disk = namedtuple("Disk", "f_bavail f_frsize f_files f_favail")


@pytest.fixture
def level(app):
    """level(name, **kinds) → how bad the finding of that name is; None when there is none."""

    def find(name, **kinds):
        found = {each.name: each for each in health.run_checks(**kinds)}
        return found[name].level if name in found else None

    return find


@pytest.mark.parametrize(
    ("fault", "remark", "expected"),
    [(False, False, WELL), (False, True, REMARK), (True, False, FAULT), (True, True, FAULT)],
)
def test_advice_is_for_what_is_not_well(fault, remark, expected):
    finding = health.finding("name", "found", error=fault, warning=remark, advice="do this")
    assert finding == Finding("name", expected, "found", "" if expected == WELL else "do this")


@pytest.mark.every_database
def test_a_part_that_fails_is_a_fault_and_the_others_are_looked_at(app, monkeypatch):
    def broken():
        """Broken part."""
        db.session.execute(text("SELECT no_such_column"))
        yield

    replace(app, monkeypatch, "health_checks", {broken: health.LOCAL, **health._checks})
    first, *others = health.run_checks()
    assert (first.name, first.level) == ("Broken part", FAULT) and "no_such_column" not in first.found
    assert {each.name for each in others} >= {"Database", "Clock", "Events", "Disk", "Permissions"}
    assert not any("Could not" in each.found for each in others)


def test_the_network_is_asked_only_when_asked_to(app, monkeypatch):
    def never(*arguments):
        raise AssertionError("nobody asked for this")

    monkeypatch.setattr(mail_dns, "resolver", never)
    monkeypatch.setattr(mail_dns.mail, "connect", never)
    app.config.update(SITE, REDOUBT_MAIL_URL="smtp://mail.example")
    assert not {"SPF", "Mail server"} & {each.name for each in health.run_checks()}


@pytest.mark.every_database
def test_database_and_schema_of_a_new_site_are_well(level):
    assert level("Database") == level("Schema") == WELL


def test_an_old_database_is_a_fault(level, monkeypatch):
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 34, 1))
    assert level("Database") == FAULT


@pytest.mark.parametrize(("revision", "expected"), [("0300", FAULT), ("9999", REMARK)])
def test_a_schema_behind_the_code_is_a_fault_and_one_ahead_a_remark(level, revision, expected):
    db.session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    db.session.commit()
    assert not schema.is_current() and level("Schema") == expected


def test_a_clock_before_the_newest_event_is_wrong(level):
    assert level("Clock") == WELL
    db.session.add(Event(name="test.done", data={}, created_at=utcnow() + timedelta(minutes=3)))
    db.session.commit()
    assert level("Clock") == FAULT


def test_a_clock_before_the_code_was_written_is_wrong(level):
    with time_machine.travel("2001-01-01 00:00:00+00:00"):
        assert level("Clock") == FAULT


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_clocks_that_differ_are_a_fault(level):
    assert level("Database clock") == WELL
    with time_machine.travel(utcnow() + timedelta(seconds=20)):
        assert level("Database clock") == FAULT


@pytest.mark.every_database
@pytest.mark.parametrize(("minutes", "expected"), [(1, WELL), (6, FAULT), (-60, WELL)])
def test_events_that_nobody_hears_are_a_fault(level, minutes, expected):
    db.session.add(Event(name="test.done", data={}, due_at=utcnow() - timedelta(minutes=minutes)))
    db.session.commit()
    assert level("Events") == expected


@pytest.mark.every_database
@pytest.mark.parametrize(("done", "expected"), [(False, REMARK), (True, FAULT)])
def test_an_event_that_failed_is_a_remark_until_it_is_given_up(level, done, expected):
    assert level("Failed events") == WELL
    db.session.add(Event(name="test.done", data={}, error="it fell", done_at=utcnow() if done else None))
    db.session.commit()
    assert level("Failed events") == expected


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("hours", "failed", "expected"), [(0, None, WELL), (2, None, FAULT), (2, 1, REMARK), (60, 50, WELL)]
)
def test_mail_that_waits_long_is_a_fault_and_one_given_up_today_a_remark(level, hours, failed, expected):
    now = utcnow()
    db.session.add(
        OutgoingMail(
            key="k",
            recipient="a@example.org",
            subject="s",
            body="b",
            created_at=now - timedelta(hours=hours),
            failed_at=failed and now - timedelta(hours=failed),
        )
    )
    db.session.commit()
    assert level("Outgoing email") == expected


@pytest.mark.every_database
def test_a_worker_that_falls_silent_is_a_fault(level):
    assert level("Workers") == REMARK
    heartbeats.record_heartbeat("one", "events")
    db.session.commit()
    assert level("Workers") is None and level("Workers: events") == WELL
    with time_machine.travel(utcnow() + heartbeats.DEAD_AFTER + timedelta(seconds=1)):
        assert level("Workers: events") == FAULT
        heartbeats.record_heartbeat("another", "events")
        db.session.commit()
        assert level("Workers: events") == WELL


@pytest.mark.parametrize("name", ["redoubt.db", "secret_key", "backups/old.zip", "outbox"])
def test_what_others_may_read_is_a_fault(app, level, name):
    instance = app.config["REDOUBT_INSTANCE"]
    instance.chmod(0o700)
    file = instance / name
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch()
    file.chmod(0o600)
    (instance / "redoubt.db").chmod(0o600)
    assert level("Permissions") == WELL
    file.chmod(0o640)
    assert level("Permissions") == FAULT


def test_files_of_another_user_are_a_fault(level, monkeypatch):
    assert level("Owner") == WELL
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert level("Owner") == FAULT


@pytest.mark.parametrize(
    ("free", "inodes", "expected"),
    [(50 * 10**9, 10**6, (WELL, WELL)), (10**9, 50_000, (REMARK, REMARK)), (10**8, 10, (FAULT, FAULT))],
)
def test_little_space_is_a_remark_and_none_a_fault(level, monkeypatch, free, inodes, expected):
    monkeypatch.setattr(files.os, "statvfs", lambda path: Disk(free // 4096, 4096, 10**7, inodes))
    assert (level("Disk"), level("Inodes")) == expected


def test_a_file_system_without_a_number_of_files_has_no_such_finding(level, monkeypatch):
    monkeypatch.setattr(files.os, "statvfs", lambda path: Disk(10**9, 4096, 0, 0))
    assert level("Inodes") is None


@pytest.mark.parametrize(
    ("name", "changed", "expected"),
    [
        ("Site address", {"REDOUBT_SITE_URL": ""}, REMARK),
        ("Site address", {"REDOUBT_SITE_URL": "http://redoubt.example"}, FAULT),
        ("Site address", {"REDOUBT_SITE_URL": "https://redoubt.example"}, WELL),
        ("Proxies", {"REDOUBT_SITE_URL": "https://redoubt.example", "REDOUBT_PROXIES": 0}, REMARK),
        ("Proxies", {"REDOUBT_SITE_URL": "https://redoubt.example", "REDOUBT_PROXIES": 1}, WELL),
        ("Request limits", {"REDOUBT_RATE_LIMITS": False}, FAULT),
        ("Request limits", {"REDOUBT_RATE_LIMITS": True}, WELL),
        ("Secret key", {"SECRET_KEY": "k" * 31}, FAULT),
        ("Secret key", {"SECRET_KEY": "k" * 32}, WELL),
        ("Email", {"REDOUBT_MAIL_URL": ""}, REMARK),
        ("Email", {"REDOUBT_MAIL_URL": "", "REDOUBT_SITE_URL": "https://redoubt.example"}, FAULT),
        ("Email", {"REDOUBT_MAIL_URL": "smtp://me:secret@mail.example"}, REMARK),
        ("Email", {"REDOUBT_MAIL_URL": "smtp+starttls://me:secret@mail.example"}, WELL),
        ("Redis", {}, None),
        ("Passwords", {"REDOUBT_MAIL_URL": "smtps://me:change-this@mail.example"}, FAULT),
        ("Passwords", {}, None),
        ("Unknown settings", {}, None),
        ("Replica", {}, None),
    ],
)
def test_settings_that_do_not_go_together(app, level, name, changed, expected):
    app.config.update(changed)
    assert level(name) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"REDOUBT_SITE_URL": "https://redoubt.example", "REDOUBT_PROXIES": 0}, FAULT),
        ({"REDOUBT_SITE_URL": "", "REDOUBT_PROXIES": 0}, REMARK),
        ({"REDOUBT_SITE_URL": "https://redoubt.example", "REDOUBT_PROXIES": 1}, WELL),
    ],
)
def test_gunicorn_needs_a_proxy(app, level, monkeypatch, tmp_path, changed, expected):
    app.config.update(changed)
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    monkeypatch.setattr(processes.tempfile, "gettempdir", lambda: str(tmp_path))
    assert level("Slow clients") is None
    with subprocess.Popen(
        ["sleep", "60"],
        env={"PATH": os.environ["PATH"], "REDOUBT_INSTANCE": str(app.config["REDOUBT_INSTANCE"])},
    ) as master:  # a process that gunicorn.conf.py made a folder for
        (tmp_path / f"redoubt-metrics-x-{master.pid}").mkdir()
        assert level("Slow clients") == expected
        master.kill()
    assert level("Slow clients") is None, "it has ended"
    monkeypatch.setenv("WEB_CONCURRENCY", "2")
    assert level("Slow clients") == expected


def test_no_finding_shows_a_password(app, monkeypatch):
    app.config.update(
        SITE,
        REDOUBT_MAIL_URL="smtp://me:secretword@mail.example",
        SECRET_KEY="secretkey" * 5,
        REDOUBT_REDIS_URL="redis://:secretword@127.0.0.1:1/0",
    )
    said = " ".join(f"{each.found} {each.advice}" for each in health.run_checks())
    assert "secret" not in said.replace("secret_key", "")


@pytest.mark.parametrize(("error", "expected"), [(None, WELL), (NoRedis("gone"), FAULT)])
def test_redis_answers_or_not(app, level, monkeypatch, error, expected):
    def ping(self, **arguments):
        if error:
            raise error

    monkeypatch.setattr(Redis, "ping", ping)
    app.config["REDOUBT_REDIS_URL"] = "redis://127.0.0.1/0"
    assert level("Redis") == expected


class Record:
    def __init__(self, text):
        self.strings = [text[at : at + 8].encode() for at in range(0, len(text), 8)]  # as long keys are cut


@pytest.fixture
def zone(app, monkeypatch):
    """{name: [text]} that a resolver of this test answers from, or an error to raise."""
    app.config.update(SITE)
    texts = {}

    class Resolver:
        def resolve(self, name, kind):
            found = texts.get(name)
            if isinstance(found, Exception):
                raise found
            if kind != "TXT" or not found:
                raise dns.resolver.NXDOMAIN
            return [Record(text) for text in found]

    monkeypatch.setattr(mail_dns, "resolver", Resolver)
    return texts


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([SPF], WELL),
        (["V=SPF1 include:other.example ~ALL"], WELL),
        (["v=spf1 redirect=other.example"], WELL),
        ([SPF, "google-site-verification=x"], WELL),
        (["v=spf1 mx"], REMARK),
        (["v=spf1 mx ?all"], REMARK),
        ([], FAULT),
        ([SPF, SPF], FAULT),
        (["v=spf1 +all"], FAULT),
        (["v=spf1 all"], FAULT),
        (["v=spf10 -all"], FAULT),
    ],
)
def test_spf(level, zone, texts, expected):
    zone["redoubt.example"] = texts
    assert level("SPF", dns={}) == expected


@pytest.mark.parametrize(
    ("selector", "texts", "expected"),
    [
        ("", [KEY], REMARK),
        ("s1", [KEY], WELL),
        ("s1", ["p=MIIB"], WELL),
        ("s1", ["v=DKIM1; p="], FAULT),
        ("s1", [], FAULT),
        ("s2", [KEY], FAULT),
    ],
)
def test_dkim(level, zone, selector, texts, expected):
    zone["s1._domainkey.redoubt.example"] = texts
    assert level("DKIM", dns={"selector": selector}) == expected


@pytest.mark.parametrize(
    ("place", "texts", "expected"),
    [
        ("_dmarc.redoubt.example", [DMARC], WELL),
        ("_dmarc.redoubt.example", ["v=DMARC1;p=none"], REMARK),
        ("_dmarc.redoubt.example", ["v=DMARC1; p=nonsense"], FAULT),
        ("_dmarc.redoubt.example", [], FAULT),
        ("_dmarc.redoubt.example", [DMARC, DMARC], FAULT),
    ],
)
def test_dmarc(level, zone, place, texts, expected):
    zone[place] = texts
    assert level("DMARC", dns={}) == expected


def test_dmarc_of_the_domain_above_holds_for_a_name_below(app, level, zone):
    app.config["REDOUBT_MAIL_FROM"] = "Redoubt <site@mail.redoubt.example>"
    zone["_dmarc.redoubt.example"] = [DMARC]
    assert level("DMARC", dns={}) == WELL


def test_a_resolver_that_does_not_answer_is_a_fault(level, zone):
    zone["redoubt.example"] = dns.exception.Timeout()
    assert level("DNS", dns={}) == FAULT


def test_a_site_that_is_in_no_dns_is_told_so(app, level, zone):
    app.config["REDOUBT_SITE_URL"] = ""
    assert level("Email domain", dns={}) == REMARK


class Connection:
    def __enter__(self):
        return self

    def __exit__(self, *what):
        pass

    def noop(self):
        pass


@pytest.mark.parametrize(
    ("url", "error", "expected"),
    [
        ("", None, REMARK),
        ("smtp://mail.example", None, WELL),
        ("smtp://mail.example", OSError("away"), FAULT),
        ("smtp://mail.example", smtplib.SMTPAuthenticationError(535, b"no"), FAULT),
    ],
)
def test_the_mail_server(app, level, monkeypatch, url, error, expected):
    def connect(url):
        if error:
            raise error
        return Connection()

    monkeypatch.setattr(mail_dns.mail, "connect", connect)
    app.config["REDOUBT_MAIL_URL"] = url
    assert level("Mail server", mail={}) == expected


def test_a_setting_that_nobody_reads_is_named(level, monkeypatch):
    monkeypatch.setenv("REDOUBT_REDIS_URI", "redis://x")
    assert level("Unknown settings") == REMARK


@pytest.fixture
def without_database(tmp_path):
    """A site whose database does not answer."""
    site = create_app(
        REDOUBT_INSTANCE=tmp_path,
        REDOUBT_WORKER="off",
        REDOUBT_DATABASE_URL="postgresql://redoubt:canaryword@127.0.0.1:1/none",
    )
    with site.app_context():
        yield site


def test_commands_say_in_a_sentence_that_the_database_is_away(without_database):
    with pytest.raises(click.ClickException) as stopped:
        cli.prepare_database("user")
    assert "REDOUBT_DATABASE_URL" in stopped.value.message and "canaryword" not in stopped.value.message
    cli.prepare_database("doctor")
    first = next(each for each in health.run_checks() if each.name == "Database")
    assert first.level == FAULT and "refused" in first.found and "passfile" in first.advice
    assert "canaryword" not in first.found


@pytest.mark.every_database
def test_the_doctor_says_what_is_behind_and_mends_nothing(app, level):
    newest = schema.current_revision()
    for there in ("0001", newest):
        db.session.execute(text("UPDATE alembic_version SET version_num = :there"), {"there": there})
        db.session.commit()
        cli.prepare_database("doctor")
        assert schema.current_revision() == there
        assert level("Schema") == (WELL if there == newest else FAULT)
