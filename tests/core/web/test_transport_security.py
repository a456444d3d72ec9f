"""Browsers are instructed to use https from an https site on, and for the names below it when that is set."""

import pytest

HTTPS = "https://redoubt.example"


def policy(app, path="/"):
    client = app.test_client()
    return [client.get(path, base_url=HTTPS).headers.get("Strict-Transport-Security") for _ in range(3)]


class TestOff:
    @pytest.fixture
    def settings(self):
        return {"REDOUBT_SITE_URL": HTTPS}

    @pytest.mark.parametrize(
        "path", ["/", "/questions", "/nothing", "/api/v1/questions", "/static/css/base.css"]
    )
    def test_the_site_alone(self, app, path):
        assert policy(app, path) == ["max-age=31536000"] * 3, "the answers from the cache too"


class TestOn:
    @pytest.fixture
    def settings(self):
        return {"REDOUBT_SITE_URL": HTTPS, "REDOUBT_HSTS_SUBDOMAINS": "on"}

    def test_names_below_it_too(self, app):
        assert policy(app) == ["max-age=31536000; includeSubDomains"] * 3


def test_a_site_without_https_sends_none(app):
    assert app.test_client().get("/").headers.get("Strict-Transport-Security") is None
