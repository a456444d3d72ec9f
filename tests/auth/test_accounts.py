"""Accounts from outside: register, confirm, log in, log out, reset."""

import re

import pytest
from sqlalchemy import select

from auth import queries
from auth.models import User
from auth.names import usernames
from auth.passwords import passwords
from core.database.db import db
from core.database.models import OutgoingMail
from tests.conftest import REAL_HASHER

PASSWORD = "violet kettle orbit 93 marsh"


def register(client, **fields):
    return client.post(
        "/register", data={"username": "carol", "email": "carol@example.org", "password": PASSWORD, **fields}
    )


def mailed_link(kind):
    body = db.session.scalar(select(OutgoingMail.body).order_by(OutgoingMail.id.desc()).limit(1))
    db.session.commit()
    return re.search(rf"/{kind}/\S+", body)[0]


def test_hashes_cost_at_least_what_owasp_asks():
    assert (REAL_HASHER.memory_cost, REAL_HASHER.time_cost) >= (19_456, 2)


def test_register_confirm_log_in_log_out(client):
    assert register(client).status_code == 200
    link = mailed_link("confirm")
    client.get(link)
    assert queries.account_by_username("carol").confirmed_at is None, "a scanner's GET confirms nothing"
    db.session.commit()
    client.post(link)
    assert client.post("/login", data={"username": "carol", "password": PASSWORD}).status_code == 302
    cookie = client.get_cookie("session").value
    assert client.get("/settings/profile").status_code == 200
    client.post("/logout")
    client.set_cookie("session", cookie)
    assert client.get("/settings/profile").status_code == 302, "a replayed cookie is dead"


def test_known_address_gets_the_same_answer(client, make_user):
    user = make_user("dora")
    known = register(client, username="erika", email=user.email)
    fresh = register(client, username="fritz", email="fritz@example.org")
    assert known.status_code == fresh.status_code == 200
    assert known.text.replace(user.email, "") == fresh.text.replace("fritz@example.org", "")


def test_a_reset_link_works_once_and_ends_sessions(client, login, make_user):
    user = make_user("gina")
    inside = login(user)
    client.post("/reset", data={"email": user.email})
    link = mailed_link("reset")
    assert client.post(link, data={"password": PASSWORD}).status_code == 302
    assert client.post(link, data={"password": PASSWORD + "x"}).status_code == 404
    assert inside.get("/settings/profile").status_code == 302


@pytest.mark.parametrize("name", ["admin", "ADM1N", "adrnin", "a", "-bob", "b b", "bób"])
def test_bad_usernames_are_refused_with_a_reason(app, name):
    with app.test_request_context():
        assert usernames.error(name)


def test_look_alikes_are_refused(client, make_user):
    make_user("oliver")
    answer = register(client, username="0liver")
    assert answer.status_code == 422
    assert db.session.scalar(select(User).where(User.username == "0liver")) is None


@pytest.mark.parametrize("password", ["short", "password1234", "aaaaaaaaaaaaaaaa", "qwertyuiop12"])
def test_weak_passwords_are_refused_with_a_reason(app, password):
    with app.test_request_context():
        assert passwords.error(password)


def test_long_unicode_passwords_work_untruncated(app):
    password = "пароль-длинный-и-надёжный-" * 4
    with app.test_request_context():
        assert passwords.error(password) is None
    made = passwords.hash_password(password)
    assert passwords.verify(made, password)
    assert not passwords.verify(made, password[:-1])


def test_state_changes_need_a_token(app, member, make_question, login):
    app.config["WTF_CSRF_ENABLED"] = True
    question = make_question()
    assert login(member).post(f"/posts/{question.id}/delete").status_code == 400
    assert app.test_client().post("/login", data={}).status_code == 400
