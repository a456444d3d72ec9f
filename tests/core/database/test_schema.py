"""Code and schema change at different times: a host serves beside newer ones, and says when it cannot."""

import pytest

from core import cli
from core.database import schema
from core.database.db import db

pytestmark = pytest.mark.every_database


@pytest.fixture
def at_version(app):
    """at_version(number): the database says that it is there; the test ends at the newest again."""
    newest = db.session.scalar(db.text("SELECT version_num FROM alembic_version"))

    def say(number):
        db.session.execute(db.text("UPDATE alembic_version SET version_num = :number"), {"number": number})
        db.session.commit()

    yield say
    say(newest)


def test_a_host_serves_with_a_schema_newer_than_its_code(client, at_version):
    at_version("9999")
    schema.ensure()
    assert client.get("/readyz").status_code == 200 and client.get("/").status_code == 200
    assert not schema.is_current()


def test_a_host_is_not_ready_with_a_schema_older_than_its_code(client, at_version):
    at_version("0001")
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_a_host_is_not_ready_without_database(client, monkeypatch):
    def gone():
        raise db.exc.OperationalError("SELECT 1", {}, OSError("gone"))

    monkeypatch.setattr(schema, "is_usable", gone)
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("", None),
        ("--help", None),
        ("--debug worker", "worker"),
        ("--app app db upgrade", "db"),
        ("-e .env -A app", None),
        ("user create db", "user"),
    ],
)
def test_the_command_in_what_was_typed(typed, command):
    assert cli.command_name(typed.split()) == command


@pytest.mark.parametrize("asked", [None, "db"])
def test_the_shell_knows_the_commands_of_migrations(app, asked):
    """They do it only then, for what they import is large."""
    cli.prepare_database(asked)
    assert app.test_cli_runner().invoke(args=["db", "current"]).exit_code == 0
