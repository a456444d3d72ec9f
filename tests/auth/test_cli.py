"""Accounts from the shell: what an administrator makes, appoints and mends."""

import pytest

from auth import queries
from auth.passwords import passwords

PASSWORD = "violet kettle orbit 93 marsh"


@pytest.fixture
def run(app):
    """run(*words, input=…) → the result of the command."""

    def command(*words, **options):
        return app.test_cli_runner().invoke(args=list(words), **options)

    return command


def test_a_confirmed_account_with_the_printed_password(run, client):
    done = run("user", "create", "carol", "--email", "carol@example.org", "--role", "moderator")
    password = done.output.split("Password: ")[1].strip()
    user = queries.by_username("carol")
    assert done.exit_code == 0 and user.role == "moderator" and user.confirmed_at
    assert client.post("/login", data={"username": "carol", "password": password}).status_code == 302


@pytest.mark.parametrize(
    ("name", "email", "said"),
    [
        ("carol", "boss", "Enter an email address"),
        ("carol", "a b@example.org", "Enter an email address"),
        ("c/rol", "carol@example.org", ""),
    ],
)
def test_what_is_no_account_is_refused_in_a_sentence(run, name, email, said):
    done = run("user", "create", name, "--email", email)
    assert done.exit_code == 1 and done.output.startswith("Error: ") and said in done.output
    assert queries.by_username(name) is None


def test_a_password_that_would_be_guessed_is_refused(run):
    done = run(
        "user", "create", "carol", "--email", "carol@example.org", "--password-stdin", input="password1\n"
    )
    assert done.exit_code == 1 and queries.by_username("carol") is None


def test_another_password_ends_all_sessions(run, client, login, make_user):
    browser = login(make_user("carol"))
    assert browser.get("/settings/profile").status_code == 200
    done = run("user", "password", "carol", "--password-stdin", input=f"{PASSWORD}\n")
    assert done.output == "Password of carol changed.\n"
    assert browser.get("/settings/profile").status_code == 302
    assert passwords.verify(queries.by_username("carol").password_hash, PASSWORD)
    assert client.post("/login", data={"username": "carol", "password": PASSWORD}).status_code == 302


def test_nobody_and_a_weak_password_change_nothing(run, make_user):
    before = make_user("carol").password_hash
    assert "No member is called nobody" in run("user", "password", "nobody").output
    assert run("user", "password", "carol", "--password-stdin", input="carol\n").exit_code == 1
    assert queries.by_username("carol").password_hash == before


def test_promoted_and_back(run, make_user):
    make_user("carol")
    for role in ("administrator", "member"):
        assert run("user", "promote", "carol", role).exit_code == 0
        assert queries.by_username("carol").role == role
