"""Recovery that nobody else can block, and that does not tell which addresses are known."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from alerts import actions as alert_actions
from alerts.models import Subscription
from auth import actions
from auth.models import EmailToken, User
from auth.passwords import login_attempts, passwords
from auth.security_log import actions as security_log
from auth.security_log.kinds import KINDS
from core.database.db import db, utcnow
from core.database.models import OutgoingMail
from tests.auth.conftest import NEW, OWN

PREFERENCES = {"scope": "all", "products": [], "minimum": "important", "cadence": "daily"}


@pytest.fixture
def settings():
    return {"REDOUBT_RATE_LIMITS": "on", "REDOUBT_PROXIES": "1"}


def send(app, path, data, host="192.0.2.1"):
    return app.test_client().post(path, data=data, headers={"X-Forwarded-For": host})


def page(answer) -> str:
    """A page without the tokens of its forms, which differ each time."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)


def log_in(client, password, host="192.0.2.1", name="ophelia"):
    return client.post(
        "/login", data={"username": name, "password": password}, headers={"X-Forwarded-For": host}
    ).status_code


class TestBudgets:
    def test_other_mails_to_an_address_do_not_keep_the_reset_link_away(self, app, owner, mails):
        for number in range(8):
            host = f"198.51.100.{number}"
            send(app, "/alerts", {"email": owner.email, **PREFERENCES}, host)
            send(
                app,
                "/register",
                {"username": f"flooder{number}", "email": owner.email, "password": OWN},
                host,
            )
        assert send(app, "/reset", {"email": owner.email}).status_code == 200
        assert "/reset/" in mails(owner.email)[-1].body

    def test_somebody_elses_requests_end_no_link_that_was_mailed(self, app, owner, link):
        send(app, "/reset", {"email": owner.email})
        mine = link("reset")
        for number in range(8):
            send(app, "/reset", {"email": owner.email}, f"198.51.100.{number}")
        assert send(app, mine, {"password": NEW}).status_code == 302

    def test_the_sixth_request_is_refused_whether_or_not_the_address_is_known(self, app, owner):
        for path, more in (
            ("/reset", {}),
            ("/alerts", PREFERENCES),
            ("/register", {"username": "somebody", "password": OWN}),
        ):
            for i, email in enumerate((owner.email, "nobody@example.org")):
                codes = []
                for n in range(7):
                    name = {"username": f"name{n}{i}"} if "username" in more else {}
                    data = {"email": email, **more, **name}
                    codes.append(send(app, path, data, f"198.51.100.{n}").status_code)
                assert codes == [200] * 5 + [429] * 2, path

    def test_a_budget_is_looked_at_before_anybody_is_looked_up(self, app, owner, count_queries):
        data = {"email": owner.email}
        for number in range(5):
            send(app, "/reset", data, f"198.51.100.{number}")
        with count_queries() as statements:
            assert send(app, "/reset", data).status_code == 429
        assert [s for s in statements if "FROM users" in s] == []


class TestTheSameWork:
    """Statements by kind and table, hashes and queued mails: nothing tells whether an address is known."""

    def work(self, app, count_queries, monkeypatch, path, data):
        hashed, made = [], passwords.hash_password
        monkeypatch.setattr(passwords, "hash_password", lambda text: hashed.append(1) or made(text))
        before = db.session.scalar(select(db.func.count()).select_from(OutgoingMail))
        db.session.commit()
        with count_queries() as statements:
            answer = send(app, path, data)
        monkeypatch.undo()
        mailed = db.session.scalar(select(db.func.count()).select_from(OutgoingMail)) - before
        db.session.commit()
        text = page(answer).replace(data["email"], "")
        kinds = [
            "end of savepoint" if s.startswith(("RELEASE", "ROLLBACK TO")) else " ".join(s.split()[:3])
            for s in statements
        ]
        return answer.status_code, text, kinds, len(hashed), mailed

    def same(self, app, count_queries, monkeypatch, path, one, two, *, but_mail=False):
        works = [self.work(app, count_queries, monkeypatch, path, data) for data in (one, two)]
        size = 4 if but_mail else 5
        assert works[0][:size] == works[1][:size]

    def test_of_a_reset(self, app, owner, count_queries, monkeypatch, mails):
        self.same(
            app,
            count_queries,
            monkeypatch,
            "/reset",
            {"email": owner.email},
            {"email": "nobody@example.org"},
            but_mail=True,
        )
        assert mails("nobody@example.org") == [] and len(mails(owner.email)) == 1
        assert db.session.scalar(select(db.func.count()).select_from(EmailToken)) == 1

    def test_of_a_reset_when_the_hour_has_enough_of_unknown_addresses(
        self, app, owner, count_queries, monkeypatch
    ):
        for _ in range(KINDS["password_reset_asked"].max_an_hour):
            security_log.record("password_reset_asked", actor=None)
        db.session.commit()
        self.same(
            app,
            count_queries,
            monkeypatch,
            "/reset",
            {"email": owner.email},
            {"email": "nobody@example.org"},
            but_mail=True,
        )

    @pytest.mark.parametrize("is_confirmed", [True, False])
    def test_of_a_registration(self, app, make_user, count_queries, monkeypatch, is_confirmed):
        known = make_user("known", confirmed=is_confirmed)
        self.same(
            app,
            count_queries,
            monkeypatch,
            "/register",
            {"username": "newcomer", "email": known.email, "password": OWN},
            {"username": "latecomer", "email": "nobody@example.org", "password": OWN},
        )

    def test_of_alerts(self, app, owner, count_queries, monkeypatch, mails):
        alert_actions.switch(owner, on=True, minimum="low", cadence="daily")
        db.session.commit()
        self.same(
            app,
            count_queries,
            monkeypatch,
            "/alerts",
            {"email": owner.email, **PREFERENCES},
            {"email": "nobody@example.org", **PREFERENCES},
        )
        assert db.session.scalar(select(db.func.count()).select_from(Subscription)) == 2
        assert "already" in mails(owner.email)[-1].subject

    def test_of_a_failed_log_in(self, app, owner, count_queries, monkeypatch):
        looked_at = []
        verify = passwords.verify
        for name in ("ophelia", "nobody-here", owner.email, "nobody@example.org"):
            monkeypatch.setattr(passwords, "verify", lambda *a: looked_at.append(a[0]) or verify(*a))
            with count_queries() as statements:
                answer = send(app, "/login", {"username": name, "password": "wrong"})
            monkeypatch.undo()
            looked_at.append((answer.status_code, len(statements), page(answer).replace(f'"{name}"', "")))
        found = looked_at[1::2]
        assert found[0] == found[1] == found[2] == found[3] and len(looked_at) == 8


class TestLockOuts:
    def test_a_reset_lifts_them(self, app, client, owner, link):
        assert [log_in(client, "wrong") for _ in range(11)][-1] == 429
        send(app, "/reset", {"email": owner.email})
        send(app, link("reset"), {"password": NEW})
        assert log_in(client, NEW) == 302

    def test_guesses_after_a_reset_do_not_lock_out_the_browser_that_did_it(self, app, client, owner, link):
        for number in range(5):
            send(app, "/reset", {"email": owner.email}, f"198.51.100.{number}")
        assert client.post(link("reset"), data={"password": NEW}).status_code == 302
        assert send(app, "/reset", {"email": owner.email}).status_code == 200, "the budget of mails is anew"
        codes = [log_in(app.test_client(), "wrong", f"203.0.113.{number}") for number in range(60)]
        assert codes.count(422) == 50 and codes[-1] == 429
        assert log_in(client, NEW) == 302

    def test_a_right_password_starts_the_count_anew(self, client, owner):
        for _ in range(4):
            log_in(client, "wrong")
        log_in(client, OWN)
        client.post("/logout")
        assert db.session.scalar(select(User.failed_logins)) == 0
        db.session.commit()

    def test_there_are_never_more_than_a_hundred_failures_in_a_row(self, app, owner, link, mails):
        """A guesser with a thousand hosts and all the time there is; then one with a known device."""
        known = app.test_client()
        assert log_in(known, OWN) == 302
        known.post("/logout")
        start = utcnow()
        for number in range(login_attempts.MAX_FAILED_LOGINS_UNKNOWN_DEVICE + 5):
            with time_machine.travel(start + timedelta(hours=number)):
                log_in(app.test_client(), f"guess {number}", f"198.51.100.{number}")
        with time_machine.travel(start + timedelta(hours=300)):
            assert log_in(app.test_client(), OWN, "203.0.113.1") == 422, "not even the right one"
            assert db.session.scalar(select(User.failed_logins)) == 90
            db.session.commit()
            assert log_in(known, OWN) == 302, "the owner gets in on a known device"
            known.post("/logout")
        for number in range(120):
            with time_machine.travel(start + timedelta(days=30, hours=number)):
                log_in(known, f"guess {number}")
        with time_machine.travel(start + timedelta(days=60)):
            assert db.session.scalar(select(User.failed_logins)) == 100
            db.session.commit()
            assert log_in(known, OWN) == 422
            send(app, "/reset", {"email": owner.email})
            send(app, link("reset"), {"password": NEW})
            assert log_in(app.test_client(), NEW, "203.0.113.2") == 302
        assert "Many failed log-ins" in [mail.subject for mail in mails(owner.email)]

    def test_the_answer_does_not_tell_that_an_account_is_locked(self, app, owner):
        owner.failed_logins = login_attempts.MAX_FAILED_LOGINS
        db.session.commit()
        one = send(app, "/login", {"username": "ophelia", "password": OWN})
        two = send(app, "/login", {"username": "ophelib", "password": OWN})
        assert page(one) == page(two).replace("ophelib", "ophelia")

    def test_devices_are_unknown_after_the_account_was_secured(self, app, owner):
        known = app.test_client()
        log_in(known, OWN)
        known.post("/logout")
        actions.set_password(owner, passwords.hash_password(NEW))
        owner.failed_logins = login_attempts.MAX_FAILED_LOGINS_UNKNOWN_DEVICE
        db.session.commit()
        assert log_in(known, NEW) == 422


def test_a_session_does_not_begin_with_a_password_that_was_changed_meanwhile(app, client, owner, monkeypatch):
    verify = passwords.verify

    def slow(stored, text):
        fits = verify(stored, text)
        if fits:
            db.session.execute(db.update(User).values(password_hash="changed meanwhile"))
            db.session.commit()
        return fits

    monkeypatch.setattr(passwords, "verify", slow)
    assert log_in(client, OWN) == 403
