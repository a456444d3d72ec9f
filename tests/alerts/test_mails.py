"""Alerts with real bulletins: one mail for what belongs together, to whom it concerns, once."""

import contextvars
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from advisories import advisory as adv
from advisories.exploited import Exploited
from alerts import actions as alert_actions
from alerts import matching, tasks
from alerts import queries as alert_queries
from bulletins import actions as bulletin_actions
from bulletins import enrich_actions, queries
from core.database.db import db, utcnow
from core.database.models import Event, OutgoingMail
from core.jobs.worker import round_once
from core.markup.markup import render
from inventory import actions as owned_actions
from moderation import actions as moderation
from notifications import actions
from posts import actions as posts
from tests.bulletins.conftest import (  # noqa: F401  (fixtures)
    fix,
    make_advisory,
    make_product,
    no_fix,
    store,
    vulnerability,
)
from tests.conftest import DATA
from tests.core.mail.test_mail import server  # noqa: F401  (fixture)

PATCH_DAY = datetime(2026, 3, 10, 17, 5, tzinfo=UTC)  # the second Tuesday, 10:05 in Los Angeles
MORNING = datetime(2026, 3, 11, 7, tzinfo=UTC)
GATHERED = timedelta(seconds=31)
EVE, BOB, DAN = "eve@example.net", "robert@example.net", "dan@example.net"


@pytest.fixture
def clock(app):
    with time_machine.travel(PATCH_DAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def subscribe(clock):
    """subscribe(address, **preferences) → its confirmed subscription."""

    def sign_up(address, *, products=(), minimum="low", cadence="at-once"):
        preferences = {
            "scope": "chosen" if products else "all",
            "products": list(products),
            "minimum": minimum,
            "cadence": cadence,
        }
        alert_actions.sign_up(address, preferences)
        row = alert_queries.by_handle(alert_queries.by_address(address).handle)
        alert_actions.confirm(row)
        db.session.commit()
        return row

    return sign_up


@pytest.fixture
def publish(make_advisory, store, clock):
    """publish(tracking_id, product="Reader", version="9", **fields) → Bulletin, released now."""

    def out(tracking_id="ACME-1", product="Reader", version="9", **fields):
        number = 1001 + sum(tracking_id.encode())
        entry = adv.ProductEntry("A", f"{product} {version}".strip(), "", product, version)
        said = vulnerability(
            f"CVE-2026-{number}", affected=("A",), remedies=fields.pop("remedies", [fix("A")])
        )
        return store(
            make_advisory(
                tracking_id,
                **{
                    "initial_release_at": utcnow(),
                    "current_release_at": utcnow(),
                    "products": [entry],
                    "vulnerabilities": [said],
                    "severity": "important",
                }
                | fields,
            )
        ).bulletin

    return out


@pytest.fixture
def alerts(mails, clock):
    """alerts(address) → the alert mails so far, after what comes was gathered."""

    def sent(address=EVE):
        mails()  # hears what has happened
        clock.shift(GATHERED)
        return [row for row in mails(address) if row.key.startswith("alert:")]

    return sent


@pytest.fixture
def deliver(app):
    """deliver() is a whole round of the worker: events, jobs, mail."""

    def work():
        db.session.commit()
        contextvars.Context().run(round_once, app)

    return work


def exploit(bulletin):
    """The CVEs of a bulletin enter the list of the exploited."""
    cves = [row.cve for row in queries.get_whole(bulletin.id).vulnerabilities]
    _, changed = enrich_actions.store_kev([Exploited(cve, utcnow().date()) for cve in cves])
    enrich_actions.refresh_ranks(enrich_actions.bulletins_naming(changed))
    db.session.commit()


def references(alert):
    return sorted({word for word in alert.body.split() if word.startswith("RB-")})


class TestOneMail:
    @pytest.mark.parametrize(
        ("cadence", "later"),
        [("at-once", GATHERED), ("daily", timedelta(hours=14)), ("patch-day", timedelta(hours=14))],
    )
    def test_for_a_patch_day_however_many_bulletins(self, subscribe, publish, alerts, clock, cadence, later):
        subscribe(EVE, cadence=cadence)
        for number in range(110):
            publish(f"ACME-{number}")
        alerts()
        clock.shift(later)
        (sent,) = alerts()
        assert sent.subject == "110 new bulletins" and len(references(sent)) == 110
        clock.shift(timedelta(days=40))
        assert len(alerts()) == 1

    def test_also_of_what_comes_later_that_day(self, subscribe, publish, alerts, clock):
        subscribe(EVE)
        publish("ACME-1")
        assert len(alerts()) == 1
        clock.shift(timedelta(hours=2))
        late = publish("ACME-2")
        assert len(alerts()) == 1
        clock.move_to(datetime(2026, 3, 11, 7, 1, tzinfo=UTC))  # past midnight in Los Angeles
        assert references(alerts()[1]) == [late.reference]

    def test_waits_for_an_import_to_end(self, subscribe, publish, mails, clock):
        subscribe(EVE)
        for number in range(5):
            publish(f"ACME-{number}")
            mails()
            clock.shift(timedelta(seconds=20))
        assert len(mails(EVE)) == 1, "only the one that asks to confirm"
        clock.shift(GATHERED)
        assert mails(EVE)[-1].subject == "5 new bulletins"

    def test_none_for_an_import_that_is_repeated_or_edits(self, subscribe, publish, alerts, clock):
        subscribe(EVE)
        publish("ACME-1")
        assert len(alerts()) == 1
        clock.shift(timedelta(days=2))
        publish("ACME-1")
        publish("ACME-1", title="Acme Reader: another title for the same thing")
        assert len(alerts()) == 1

    def test_none_for_events_that_come_again(self, subscribe, publish, alerts, clock):
        subscribe(EVE)
        exploit(publish("ACME-1"))
        assert len(alerts()) == 1
        db.session.execute(db.update(Event).values(done_at=None))
        clock.shift(timedelta(days=2))
        assert len(alerts()) == 1

    def test_none_of_what_was_there_before_one_signed_up(self, subscribe, publish, alerts, drain):
        publish("ACME-1")
        drain()
        subscribe(EVE)
        assert alerts() == []

    @pytest.mark.every_database
    def test_to_each_from_workers_at_once(self, app, subscribe, publish, alerts, drain, clock):
        for number in range(12):
            subscribe(f"reader{number}@example.net")
        publish("ACME-1")
        drain()
        clock.shift(GATHERED)
        ready = threading.Barrier(3)

        def work():
            with app.app_context():
                ready.wait()
                tasks.mail_alerts()

        threads = [threading.Thread(target=contextvars.Context().run, args=(work,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [len(alerts(f"reader{number}@example.net")) for number in range(12)] == [1] * 12

    def test_from_a_worker_that_died_in_between(self, subscribe, publish, alerts, mails, clock, monkeypatch):
        for address in (EVE, BOB, DAN):
            subscribe(address)
        publish("ACME-1")
        mails()
        with monkeypatch.context() as patch:
            process = tasks._process
            patch.setattr(
                tasks, "_process", lambda number, *rest: process(number, *rest) if number != 2 else sys.exit()
            )
            clock.shift(GATHERED)
            with pytest.raises(SystemExit):
                tasks.mail_alerts()
            db.session.rollback()
        assert [len(alerts(address)) for address in (EVE, BOB, DAN)] == [1, 1, 1]


class TestRisk:
    @pytest.fixture
    def bulletin(self, subscribe, publish, alerts, clock):
        for address, cadence in ((EVE, "at-once"), (BOB, "daily"), (DAN, "patch-day")):
            subscribe(address, cadence=cadence)
        bulletin = publish("ACME-1", remedies=[])
        alerts()
        clock.shift(timedelta(days=2))
        assert [len(alerts(address)) for address in (EVE, BOB, DAN)] == [1, 1, 1]
        return bulletin

    def test_an_entry_among_the_exploited_is_one_mail(self, bulletin, alerts, clock):
        exploit(bulletin)
        sent = alerts()[1]
        assert sent.subject.startswith(f"{bulletin.reference}, now exploited: ") and "EXPLOITED" in sent.body
        clock.shift(timedelta(days=1))
        assert [len(alerts(address)) for address in (EVE, BOB, DAN)] == [2, 2, 2]

    @pytest.mark.parametrize(
        ("change", "reason"),
        [({"severity": "critical"}, "severity raised"), ({"remedies": [fix("A")]}, "a fix is available")],
    )
    def test_so_is_what_a_new_version_of_the_document_says(self, bulletin, publish, alerts, change, reason):
        publish("ACME-1", **{"remedies": []} | change)
        assert f"Changed: {reason}" in alerts()[1].body

    def test_so_is_a_fix_that_is_withdrawn(self, bulletin, publish, alerts):
        publish("ACME-1", remedies=[fix("A")])
        alerts()
        publish("ACME-1", remedies=[])
        assert "its fix was withdrawn" in alerts()[2].body

    def test_so_are_failures_that_members_report(self, bulletin, alerts):
        bulletin_actions.set_failure_flag(bulletin, True)
        assert "members report failures" in alerts()[1].body

    def test_it_does_not_wait_for_the_next_day(self, subscribe, publish, alerts, clock):
        subscribe(EVE)
        bulletin = publish("ACME-1")
        assert len(alerts()) == 1
        exploit(bulletin)
        assert len(alerts()) == 2

    def test_exploited_from_the_start_it_is_in_the_one_mail_of_the_day(self, subscribe, publish, alerts):
        subscribe(EVE)
        for number in range(3):
            publish(f"ACME-{number}")
        exploit(publish("ACME-3"))
        (sent,) = alerts()
        assert sent.subject == "4 new bulletins, 1 exploited"

    def test_a_lower_severity_is_none(self, bulletin, publish, alerts):
        publish("ACME-1", severity="low", remedies=[])
        assert len(alerts()) == 1


class TestWithdrawn:
    def test_those_who_were_alerted_are_informed_and_nobody_else(self, subscribe, publish, alerts, clock):
        subscribe(EVE)
        subscribe(DAN, minimum="critical")
        bulletin = publish("ACME-1")
        assert len(alerts()) == 1
        clock.shift(timedelta(days=2))
        subscribe(BOB)
        publish("ACME-1", status="withdrawn", title="Reader: withdrawn")
        sent = alerts()[1]
        assert sent.subject.startswith(f"{bulletin.reference}, withdrawn by its issuer: ")
        assert alerts(BOB) == [] and alerts(DAN) == []

    def test_withdrawn_before_the_mail_it_is_in_none(self, subscribe, publish, alerts):
        subscribe(EVE)
        publish("ACME-1")
        publish("ACME-1", status="withdrawn")
        assert alerts() == []

    def test_subscribers_of_its_product_are_informed(self, subscribe, publish, alerts, clock, make_product):
        make_product("reader", {"9": {}}, name="Reader")
        subscribe(EVE, products=["reader"])
        publish("ACME-1")
        assert len(alerts()) == 1
        clock.shift(timedelta(days=2))
        publish("ACME-1", status="withdrawn")
        assert len(alerts()) == 2


class TestWhatConcernsWhom:
    @pytest.fixture(autouse=True)
    def catalogue(self, make_product):
        return [make_product(slug, {"9": {}, "10": {}}, name=slug.title()) for slug in ("reader", "writer")]

    def test_a_subscriber_of_one_product_hears_nothing_of_another(self, subscribe, publish, alerts):
        subscribe(EVE, products=["reader"])
        subscribe(BOB, products=["writer"])
        about = publish("ACME-1", "Reader", "9")
        assert references(alerts()[0]) == [about.reference]
        assert alerts(BOB) == []

    def test_the_least_severity(self, subscribe, publish, alerts):
        subscribe(EVE, minimum="critical")
        subscribe(BOB, minimum="moderate")
        for severity in ("low", "moderate", "important"):
            publish(f"ACME-{severity}", severity=severity)
        assert alerts() == [] and len(references(alerts(BOB)[0])) == 2

    def test_what_is_exploited_comes_whatever_its_severity(self, subscribe, publish, alerts):
        subscribe(EVE, minimum="critical")
        exploit(publish("ACME-1", severity="low"))
        assert len(alerts()) == 1

    def test_what_is_under_embargo_is_in_no_mail_before_its_end(self, subscribe, alerts, moderator, clock):
        subscribe(EVE)
        draft = bulletin_actions.create(
            {
                "title": "A secret of canaryquartz",
                "severity": "critical",
                "vulnerabilities": [vulnerability(affected=())],
            },
            by=moderator,
        )
        bulletin_actions.schedule(draft, utcnow() + timedelta(hours=5), by=moderator)
        db.session.commit()
        exploit(draft)
        assert alerts() == []
        clock.shift(timedelta(hours=5))
        assert "canaryquartz" in alerts()[0].body

    def test_what_is_hidden_before_the_mail_goes_is_not_in_it(
        self, subscribe, publish, alerts, moderator, clock, mails
    ):
        subscribe(EVE, cadence="daily")
        posts.delete(publish("ACME-1"), by=moderator)
        shown, hidden = publish("ACME-2"), publish("ACME-3")
        mails()
        posts.delete(hidden, by=moderator)
        clock.move_to(MORNING)
        assert references(alerts()[0]) == [shown.reference]

    def test_changed_preferences_apply_to_pending_news(self, subscribe, publish, alerts, mails, clock):
        row = subscribe(EVE, cadence="daily")
        publish("ACME-1", "Reader", "9")
        publish("ACME-2", "Writer", "9")
        mails()
        alert_actions.change(
            row, {"scope": "chosen", "products": ["writer"], "minimum": "low", "cadence": "daily"}
        )
        clock.move_to(MORNING)
        assert len(references(alerts()[0])) == 1

    def test_after_stopping_what_waits_in_the_queue_is_not_sent(self, client, subscribe, publish, alerts):
        subscribe(EVE)
        publish("ACME-1")
        path = alerts()[0].unsubscribe_url.removeprefix("http://localhost:8000")
        client.post(path, data={"List-Unsubscribe": "One-Click"})
        left = db.session.scalars(db.select(OutgoingMail.key).where(OutgoingMail.key.startswith("alert:")))
        assert list(left) == []

    def test_a_dead_address_gets_none(self, subscribe, publish, alerts, drain):
        subscribe(EVE)
        db.session.add(Event(name="mail.refused", data={"address": EVE}))
        publish("ACME-1")
        assert alerts() == []


class TestMembers:
    @pytest.fixture(autouse=True)
    def catalogue(self, make_product):
        return {
            slug: make_product(slug, {"9": {}, "10": {}}, name=slug.title()) for slug in ("reader", "writer")
        }

    @pytest.fixture
    def runs(self, catalogue, member, clock):
        """runs(product, release) puts it on the member's list and switches alerts on."""

        def run(slug, cycle=None):
            product = catalogue[slug]
            release = next((r for r in product.releases if r.cycle == cycle), None)
            owned_actions.add_products(member, [(product, release)])
            alert_actions.switch(member, on=True, minimum="low", cadence="at-once")
            db.session.commit()

        return run

    @pytest.mark.parametrize(
        ("release", "version", "hears"),
        [(None, "9", True), ("9", "9", True), ("10", "9", False), ("10", "", True)],
    )
    def test_hear_of_the_releases_they_run(self, runs, publish, alerts, member, release, version, hears):
        runs("reader", release)
        publish("ACME-1", "Reader", version)
        publish("ACME-2", "Writer", "9")
        assert [len(references(alert)) for alert in alerts(member.email)] == [1] * hears

    def test_suspended_they_hear_nothing(self, runs, publish, alerts, member, moderator):
        runs("reader")
        moderation.suspend(member, 30, "Rest a little.", by=moderator)
        publish("ACME-1", "Reader", "9")
        assert alerts(member.email) == []

    def test_who_watches_a_product_finds_one_line_a_day(self, catalogue, publish, inbox, member, clock):
        actions.watch(member, catalogue["reader"], True)
        for number in range(4):
            publish(f"ACME-{number}", "Reader", "9")
        publish("ACME-9", "Writer", "9")
        assert inbox(member) == ["New security bulletins about a product you follow: Reader"]
        clock.shift(timedelta(days=1))
        exploit(publish("ACME-5", "Reader", "9"))
        assert len(inbox(member)) == 3
        assert "now exploited" in inbox(member)[0]

    def test_who_watches_a_bulletin_hears_of_its_risk(self, publish, inbox, login, member, clock):
        bulletin = publish("ACME-1")
        assert 'value="true">Follow<' in login(member).get(bulletin.url).text
        login(member).post(f"/posts/{bulletin.id}/watch", data={"watch": "true"})
        exploit(bulletin)
        (found,) = inbox(member)
        assert found.startswith("The risk has changed in a bulletin you follow: now exploited")
        assert bulletin.url in login(member).get("/inbox").text


def test_a_mail_says_what_one_needs_in_both_bodies(subscribe, publish, alerts):
    subscribe(EVE)
    bulletin = publish(
        "ACME-1",
        title="Reader: <script>alert(1)</script> & more",
        severity="critical",
        remedies=[no_fix("A")],
    )
    (sent,) = alerts()
    assert sent.subject == f"{bulletin.reference}, critical: Reader: <script>alert(1)</script> & more"
    for body in (sent.body, sent.html):
        assert f"http://localhost:8000/bulletins/{bulletin.reference}" in body
        assert "critical" in body and "no fix" in body and "/alerts/manage/" in body
        assert sent.unsubscribe_url in body
    assert "<script>" not in sent.html


def test_one_subscription_that_fails_holds_up_no_other(subscribe, publish, alerts, monkeypatch):
    broken = subscribe("broken@example.org").id
    subscribe(EVE)
    wanted = matching.matching_bulletins

    def fails_for_one(row, *rest):
        if row.id == broken:
            raise RuntimeError("a fault of this subscription")
        return wanted(row, *rest)

    monkeypatch.setattr(matching, "matching_bulletins", fails_for_one)
    publish("ACME-1")
    assert len(alerts()) == 1 and alerts("broken@example.org") == []
    monkeypatch.undo()
    assert len(alerts("broken@example.org")) == 1, "it is tried again"


@pytest.mark.realdata
def test_a_real_month_is_one_mail_and_the_exploited_of_it_one_more(app, subscribe, mails, clock):
    """May 2023 of Microsoft, imported twice by the command, and then the list of what is exploited."""

    def run(*args):
        db.session.commit()
        done = app.test_cli_runner().invoke(args=["bulletin", *map(str, args)])
        assert done.exit_code == 0, done.output
        mails()
        clock.shift(GATHERED)
        return [mail for mail in mails(EVE) if mail.key.startswith("alert:")]

    clock.move_to(datetime(2023, 5, 9, 18, tzinfo=UTC))
    subscribe(EVE)
    month = DATA / "msrc-cvrf" / "cvrfDocument-2023-May.xml"
    (sent,) = run("import", month)
    fresh = queries.public().where(queries.Bulletin.published_at > utcnow() - timedelta(days=31))
    number = db.session.scalar(db.select(db.func.count()).select_from(fresh.subquery()))
    assert number > 50 and sent.subject.startswith(f"{number} new bulletins")
    clock.shift(timedelta(days=1))
    assert len(run("import", month)) == 1
    kev = DATA / "kev" / "known_exploited_vulnerabilities.json"
    exploited = run("enrich", "--kev", kev)
    assert len(exploited) == 2 and "now exploited" in exploited[1].body
    assert len(run("enrich", "--kev", kev)) == 2


def test_a_refused_alert_stops_the_address(app, subscribe, publish, alerts, deliver, server, clock):
    """Through a real SMTP server that says that nobody is there."""
    for address in (EVE, BOB):
        subscribe(address)
    db.session.execute(db.update(OutgoingMail).values(sent_at=utcnow()))
    publish("ACME-1")
    assert len(alerts()) == 1 and len(alerts(BOB)) == 1
    app.config["REDOUBT_MAIL_URL"] = server.address
    server.answers["RCPT"].append("550 5.1.1 no such mailbox")
    deliver()
    clock.shift(timedelta(days=2))
    publish("ACME-2")
    assert len(alerts()) == 1 and len(alerts(BOB)) == 2
    deliver()
    assert [recipients for recipients, _ in server.taken] == [[BOB], [BOB]]


def test_a_dead_server_delays_an_alert_that_comes_once(
    app,
    subscribe,
    publish,
    alerts,
    deliver,
    server,
    clock,
):
    subscribe(EVE)
    db.session.execute(db.update(OutgoingMail).values(sent_at=utcnow()))
    app.config["REDOUBT_MAIL_URL"] = "smtp://127.0.0.1:1"
    publish("ACME-1")
    assert len(alerts()) == 1
    deliver()
    app.config["REDOUBT_MAIL_URL"] = server.address
    for _ in range(3):
        clock.shift(timedelta(hours=2))
        deliver()
    ((_, text),) = server.taken
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in text


def test_the_inbox_takes_as_many_queries_for_twenty_lines_as_for_three(
    publish, inbox, login, member, make_answer, make_question, count_queries
):
    counts = []
    for size in (1, 6):
        for number in range(size):
            bulletin = publish(f"ACME-{size}-{number}")
            actions.watch(member, bulletin, True)
            exploit(bulletin)
            answer = make_answer(make_question())
            posts.comment(answer, render("Which version was that?"), by=answer.author)
        assert len(inbox(member)) == (3 if size == 1 else 20)
        browser = login(member)
        with count_queries() as statements:
            assert browser.get("/inbox").status_code == 200
        counts.append(len([s for s in statements if not s.startswith(("BEGIN", "PRAGMA"))]))
    assert counts[0] == counts[1] <= 6, counts
