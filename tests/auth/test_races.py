"""Thirty at once: of acts that exclude each other one happens, on SQLite and PostgreSQL."""

import re
import threading
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from auth import actions, links
from auth.address_changes import actions as changes
from auth.address_changes.models import AddressChange
from auth.models import ApiToken, EmailToken, Session, User
from auth.passwords import login_attempts, passwords
from auth.registration import actions as registration_actions
from core.database.db import db, utcnow
from core.database.models import OutgoingMail
from tests.auth.conftest import NEW, OWN

pytestmark = pytest.mark.every_database
MANY = 30


@pytest.fixture
def at_once(app):
    """at_once(*acts) → their answers; each is called in a thread and an application context of its own."""

    def run(*acts):
        db.session.commit()
        ready, answers = threading.Barrier(len(acts)), [None] * len(acts)

        def go(number, act):
            with app.app_context():
                ready.wait()
                answers[number] = act()

        threads = [threading.Thread(target=go, args=pair) for pair in enumerate(acts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        db.session.expire_all()
        return answers

    return run


@pytest.fixture
def post(app):
    """post(path, data, browser=None) → an act that gives the status."""

    def make(path, data=None, browser=None):
        client = browser or FlaskClient(app, app.response_class)
        return lambda: client.post(path, data=data or {}).status_code

    return make


def name(number: int) -> str:
    """A username; no two read alike."""
    return f"carol{'abcdefghjkmnpq'[number % 14]}{'xyz'[number // 14]}"


def tokens_of(kind, to=None) -> list[str]:
    """Paths in all mails that have a link of this kind."""
    rows = select(OutgoingMail.body).order_by(OutgoingMail.id)
    rows = rows if to is None else rows.where(OutgoingMail.recipient == to)
    found = [path for body in db.session.scalars(rows) for path in re.findall(rf"/{kind}/[\w/-]+", body)]
    db.session.commit()
    return found


def count(entity, *where) -> int:
    return db.session.scalar(select(func.count()).select_from(entity).where(*where))


def account(user) -> User:
    return db.session.get(User, user.id, populate_existing=True)


def test_one_link_confirms_once(app, client, at_once, post):
    registration_actions.register("carol", "carol@example.org", passwords.hash_password(OWN), browser="x")
    db.session.commit()
    codes = at_once(*[post(tokens_of("confirm")[0], {"password": OWN})] * MANY)
    assert sorted(codes) == [302] + [404] * (MANY - 1)
    assert count(User, User.confirmed_at.is_not(None)) == 1


def test_of_thirty_registrations_of_an_address_one_gets_it(app, at_once, post):
    for number in range(MANY):
        registration_actions.register(
            name(number), "carol@example.org", passwords.hash_password(OWN), browser=str(number)
        )
        db.session.commit()
    found = tokens_of("confirm")
    assert len(found) == MANY
    codes = at_once(*[post(path, {"password": OWN}) for path in found])
    assert sorted(codes) == [302] + [404] * (MANY - 1)
    assert count(User) == count(User, User.confirmed_at.is_not(None)) == 1


def test_registrations_at_once_are_one_account(app, at_once, post, monkeypatch):
    monkeypatch.setattr(passwords, "hash_password", lambda password: "not looked at here")
    codes = at_once(
        *[
            post("/register", {"username": name(n), "email": "carol@example.org", "password": OWN})
            for n in range(MANY)
        ]
    )
    assert set(codes) == {200} and count(User) == 1
    assert count(EmailToken) == count(OutgoingMail) == MANY


def test_a_reset_link_sets_one_password(app, owner, at_once, post):
    actions.send_reset(owner.email)
    db.session.commit()
    path = tokens_of("reset")[0]
    codes = at_once(*[post(path, {"password": f"{NEW} {n}"}) for n in range(MANY)])
    assert sorted(codes) == [302] + [404] * (MANY - 1)


def test_a_reset_or_the_confirmation_of_another_address_never_both(app, owner, at_once, post):
    """Whatever comes first ends the other."""
    changes.request_change(owner, "thief@evil.example")
    actions.send_reset(owner.email)
    db.session.commit()
    reset, confirm = tokens_of("reset")[0], tokens_of("confirm")[0]
    half = MANY // 2
    codes = at_once(*[post(reset, {"password": NEW}), post(confirm)] * half)
    resets, confirms = codes[::2].count(302), codes[1::2].count(302)
    assert resets + confirms == 1, codes
    user = account(owner)
    assert user.email == ("ophelia@example.org" if resets else "thief@evil.example")
    assert passwords.verify(user.password_hash, NEW if resets else OWN)
    assert count(AddressChange, AddressChange.done_at.is_(None)) == 0


def test_undone_or_confirmed_the_old_address_has_the_last_word(app, owner, at_once, post):
    changes.request_change(owner, "thief@evil.example")
    db.session.commit()
    undo, confirm = tokens_of("secure/address")[0], tokens_of("confirm")[0]
    codes = at_once(*[post(undo), post(confirm)] * (MANY // 2))
    assert codes[::2].count(302) == 1 and codes[1::2].count(302) <= 1
    user = account(owner)
    assert (user.email, user.password_hash) == ("ophelia@example.org", None)
    assert count(AddressChange) == 0


def test_purged_or_confirmed_never_half(app, at_once, post):
    names = [
        "anton",
        "berta",
        "caesar",
        "dora",
        "emil",
        "friedrich",
        "gustav",
        "heinrich",
        "ida",
        "julius",
        "kaufmann",
        "ludwig",
        "martha",
        "nordpol",
        "otto",
    ]
    for name in names:
        registration_actions.register(name, f"{name}@example.org", passwords.hash_password(OWN), browser="x")
    db.session.execute(update(User).values(created_at=utcnow() - timedelta(days=8)))
    db.session.commit()
    paths = [tokens_of("confirm", f"{name}@example.org")[0] for name in names]

    def purge():
        """What the task does, also where a link still works."""
        for user in db.session.scalars(select(User).where(User.confirmed_at.is_(None))).all():
            registration_actions.discard(user)
            db.session.commit()
        return None

    codes = at_once(*[act for path in paths for act in (post(path, {"password": OWN}), purge)])[::2]
    assert set(codes) <= {302, 404}
    assert count(User) == count(User, User.confirmed_at.is_not(None)) == codes.count(302)
    assert count(EmailToken) == 0


def test_a_secured_account_has_no_session_that_began_meanwhile(app, owner, at_once, post):
    """Log-ins with the stolen password beside the reset: none of their sessions is left."""
    actions.send_reset(owner.email)
    db.session.commit()
    reset, log_in = tokens_of("reset")[0], {"username": "ophelia", "password": OWN}
    at_once(*[post("/login", log_in)] * (MANY - 1), post(reset, {"password": NEW}))
    assert passwords.verify(account(owner).password_hash, NEW)
    assert count(Session) == count(ApiToken) == 0


def test_tokens_made_meanwhile_end_too(app, login, owner, at_once, post):
    browsers = [login(owner) for _ in range(MANY - 1)]
    actions.send_reset(owner.email)
    db.session.commit()
    reset = post(tokens_of("reset")[0], {"password": NEW})
    acts = [
        post("/settings/tokens", {"name": f"t{n}", "scope": "write"}, browser)
        for n, browser in enumerate(browsers)
    ]
    at_once(reset, *acts)
    assert count(ApiToken) == 0 and count(Session) == 0


def test_a_password_changed_with_the_stolen_session_is_not_the_last(app, login, owner, at_once, post):
    browsers = [login(owner) for _ in range(8)]
    actions.send_reset(owner.email)
    db.session.commit()
    reset = post(tokens_of("reset")[0], {"password": NEW})
    stolen = {"current_password": OWN, "password": "another kettle 77 of a thief"}
    codes = at_once(reset, *[post("/settings/password", stolen, browser) for browser in browsers])
    if codes[0] == 302:
        assert passwords.verify(account(owner).password_hash, NEW)
    else:
        assert codes[0] == 404 and codes[1:].count(302) == 1


def test_requests_for_an_address_leave_one_pending(app, login, owner, at_once, post):
    browsers = [login(owner) for _ in range(MANY)]
    codes = at_once(
        *[
            post("/settings/email", {"email": f"new{n}@example.org"}, browser)
            for n, browser in enumerate(browsers)
        ]
    )
    assert set(codes) == {302} and count(AddressChange) == 1


def test_guesses_at_once_do_not_pass_the_hundred(app, owner, at_once, monkeypatch):
    owner.failed_logins = login_attempts.MAX_FAILED_LOGINS_UNKNOWN_DEVICE - 5
    db.session.commit()

    def guess():
        found = login_attempts.count_attempt(owner, is_known_device=False)
        db.session.commit()
        return found

    found = at_once(*[guess] * MANY)
    assert sorted(n for n in found if n) == [86, 87, 88, 89, 90]
    assert account(owner).failed_logins == 90


def test_notices_of_one_account_secure_it_once_each(app, owner, at_once, post):
    for _ in range(3):
        links.issue(owner.id, links.SECURE, owner.email)
    token = links.issue(owner.id, links.SECURE, owner.email)
    db.session.commit()
    codes = at_once(*[post(f"/secure/{token}")] * MANY)
    assert sorted(codes) == [302] + [404] * (MANY - 1)
    assert account(owner).password_hash is None
