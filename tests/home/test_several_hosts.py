"""The doctor knows what several hosts must share, and that a real site has no demo members."""

import pytest

from admin.checks import demonstration, hosts
from core.checks.health import Level

KEY = "0123456789" * 4


@pytest.fixture
def complaints(app):
    """complaints(**settings) → the advice given to several hosts with these settings."""

    def find(**settings):
        app.config.update(settings)
        return " ".join(found.advice for found in hosts() if found.level == Level.FAULT)

    return find


SEVERAL = {"REDOUBT_REDIS_URL": "redis://10.0.0.31/0", "REDOUBT_SECRET_KEY": KEY}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"REDOUBT_SECRET_KEY": ""}, "set REDOUBT_SECRET_KEY"), ({}, "A SQLite file works on one host only")],
)
def test_several_hosts_share_key_and_database(complaints, wrong, words):
    assert words in complaints(**{**SEVERAL, **wrong})


def test_one_host_needs_none_of_it(complaints):
    assert not complaints(REDOUBT_SECRET_KEY="", REDOUBT_REDIS_URL="redis://127.0.0.1/0")


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_and_a_key_are_enough_but_for_an_index_in_files(complaints):
    assert not complaints(**SEVERAL)
    assert "A file index" in complaints(**SEVERAL, REDOUBT_SEARCH="whoosh")


@pytest.mark.parametrize(
    ("site", "name", "role", "level"),
    [
        ("", "demo_chief", "administrator", None),
        ("https://redoubt.example", "demo_chief", "administrator", Level.REMARK),
        ("https://redoubt.example", "demo_mira", "member", Level.REMARK),
        ("https://redoubt.example", "demotion", "administrator", None),
    ],
)
def test_a_real_site_has_no_demo_members(app, make_user, site, name, role, level):
    make_user(name, role=role)
    app.config["REDOUBT_SITE_URL"] = site
    assert [each.level for each in demonstration()] == ([level] if level else [])
