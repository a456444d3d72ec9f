"""The doctor knows what several hosts must share."""

import pytest

from front import status

KEY = "0123456789" * 4


@pytest.fixture
def complaints(app):
    """complaints(**settings) → the advice given to several hosts with these settings."""
    def find(**settings):
        app.config.update(settings)
        return " ".join(check.advice for check in status.checks() if not check.ok)

    return find


SEVERAL = {"REDOUBT_REDIS_URL": "redis://10.0.0.31/0", "REDOUBT_SECRET_KEY": KEY}


@pytest.mark.parametrize("wrong, words", [
    ({"REDOUBT_SECRET_KEY": ""}, "set REDOUBT_SECRET_KEY"), ({}, "A SQLite file belongs to one host")])
def test_several_hosts_share_key_and_database(complaints, wrong, words):
    assert words in complaints(**{**SEVERAL, **wrong})


def test_several_hosts_have_no_index_in_files(app, complaints):
    assert "An index in files" not in complaints(**SEVERAL)
    (app.config["REDOUBT_INSTANCE"] / "index").mkdir(exist_ok=True)
    assert "An index in files" in complaints(**SEVERAL)


def test_one_host_needs_none_of_it(app, complaints):
    (app.config["REDOUBT_INSTANCE"] / "index").mkdir(exist_ok=True)
    assert "host" not in complaints(REDOUBT_SECRET_KEY="", REDOUBT_REDIS_URL="redis://127.0.0.1/0")


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_and_a_key_are_enough(complaints):
    assert "host" not in complaints(**SEVERAL)
