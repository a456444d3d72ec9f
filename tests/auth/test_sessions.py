"""Log-out empties the browser of the member's pages and drafts, and leaves what belongs to the browser."""

import pytest

from auth.passwords.passwords import hash_password
from core.database.db import db
from tests.conftest import PASSWORD

HEADER = "Clear-Site-Data"


@pytest.fixture
def member(make_user):
    user = make_user("hans")
    user.password_hash = hash_password(PASSWORD)
    db.session.commit()
    return user


def directives(answer):
    return {part.strip() for part in answer.headers.get(HEADER, "").split(",") if part.strip()}


def test_log_out_clears_pages_and_drafts(make_user, login):
    inside = login(make_user("gina"))
    assert HEADER not in inside.get("/settings/profile").headers
    assert directives(inside.post("/logout")) == {'"cache"', '"storage"'}


def test_pages_loaded_together_after_the_log_in_share_one_csrf_token(client, member):
    client.post("/login", data={"username": member.username, "password": PASSWORD})
    with client.session_transaction() as stored:
        token = stored["csrf_token"]
    client.get("/questions/ask")
    with client.session_transaction() as stored:
        assert stored["csrf_token"] == token


def test_theme_and_known_device_survive(client, member):
    client.set_cookie("theme", "dark")
    assert client.post("/login", data={"username": "hans", "password": PASSWORD}).status_code == 302
    device = client.get_cookie("device").value
    answer = client.post("/logout")
    assert '"cookies"' not in directives(answer) and '"*"' not in directives(answer)
    assert client.get_cookie("theme").value == "dark" and client.get_cookie("device").value == device


def test_who_is_not_logged_in_loses_nothing(client):
    """A form of another site cannot empty the browser of a visitor."""
    assert HEADER not in client.post("/logout").headers
    assert HEADER not in client.get("/logout").headers
    assert HEADER not in client.get("/").headers


def test_erasing_the_account_clears_them_too(member, login):
    answer = login(member).post("/settings/erase", data={"current_password": PASSWORD, "words": "keep"})
    assert answer.status_code == 302
    assert directives(answer) == {'"cache"', '"storage"'}
