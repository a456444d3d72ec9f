"""Guessing passwords and flooding mailboxes: counted for all processes, owners still get in."""

import re

import pytest
from sqlalchemy import func, select

from auth import actions, queries
from auth.passwords import passwords
from core.database.db import db
from core.database.models import OutgoingMail

PASSWORD = "violet kettle orbit 93 marsh"


@pytest.fixture
def settings():
    return {"REDOUBT_RATE_LIMITS": "on", "REDOUBT_PROXIES": "1"}


@pytest.fixture
def owner(make_user):
    user = make_user("ophelia")
    user.password_hash = passwords.hash_password(PASSWORD)
    db.session.commit()
    return user


def log_in(client, password, host="192.0.2.1", name="ophelia"):
    return client.post(
        "/login", data={"username": name, "password": password}, headers={"X-Forwarded-For": host}
    ).status_code


def test_ten_guesses_from_one_place_are_enough(client, owner):
    assert [log_in(client, "wrong") for _ in range(11)] == [422] * 10 + [429]


def test_guesses_from_many_places_are_stopped_and_the_owner_still_gets_in(app, client, owner):
    assert log_in(client, PASSWORD) == 302, "the owner has used this browser"
    client.post("/logout")
    attacker = app.test_client()
    answers = [
        log_in(attacker, "wrong", f"198.51.100.{n}", name)
        for n in range(30)
        for name in ("ophelia", "Ophelia", "ophelia@example.org")
    ]
    assert answers.count(429) >= 40, "spellings of one account are one account"
    assert log_in(app.test_client(), PASSWORD, "203.0.113.9") == 429
    assert log_in(client, PASSWORD, "203.0.113.10") == 302


def test_a_device_cookie_is_nobody_elses(app, owner, make_user):
    other = make_user("othello")
    other.password_hash = passwords.hash_password(PASSWORD)
    db.session.commit()
    client = app.test_client()
    assert log_in(client, PASSWORD, name="othello") == 302
    client.post("/logout")
    assert [log_in(client, "wrong") for _ in range(11)][-1] == 429


def test_one_mailbox_gets_five_mails_of_a_purpose_an_hour(app, owner):
    for n in range(12):
        host = {"X-Forwarded-For": f"198.51.100.{n}"}
        app.test_client().post("/reset", data={"email": owner.email}, headers=host)
        app.test_client().post(
            "/register",
            headers=host,
            data={"username": f"flooder{n}", "email": owner.email, "password": PASSWORD},
        )
    sent = db.session.execute(
        select(OutgoingMail.subject, func.count())
        .where(OutgoingMail.recipient == owner.email)
        .group_by(OutgoingMail.subject)
    ).all()
    assert dict(map(tuple, sent)) == {"Reset your password": 5, "You already have an account": 5}


def test_the_old_address_stays_until_the_new_one_is_confirmed(login, client, owner):
    inside = login(owner)
    inside.post("/settings/email", data={"email": "new@example.org", "current_password": PASSWORD})
    assert queries.by_username("ophelia").email == "ophelia@example.org"
    body = db.session.scalar(select(OutgoingMail.body).where(OutgoingMail.recipient == "new@example.org"))
    db.session.commit()
    actions.send_link(owner, "reset", "reset", "Reset")
    db.session.commit()
    reset = db.session.scalar(select(OutgoingMail.body).where(OutgoingMail.subject == "Reset"))
    client.post(re.search(r"/confirm/\S+", body)[0])
    assert queries.by_username("ophelia").email == "new@example.org"
    assert client.get(re.search(r"/reset/\S+", reset)[0]).status_code == 404, "it went to the old address"
    recipient = db.session.scalar(
        select(OutgoingMail.recipient).where(OutgoingMail.subject == "Your email address was changed")
    )
    assert recipient == "ophelia@example.org"
