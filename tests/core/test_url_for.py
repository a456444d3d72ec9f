"""Addresses are those that Flask makes, with a request and without one."""

from urllib.parse import unquote

import pytest
from flask import Flask, url_for
from werkzeug.routing import AnyConverter, BuildError

from core.web.site import path_to

VALUES = {"_Name": "c++ #ü/%", "_Id": 7, "_Path": "a/b.css"}


def sample(rule) -> dict:
    """A value for each name of a rule, the hardest that its converter takes."""
    return {
        name: sorted(converter.items)[0]
        if isinstance(converter, AnyConverter)
        else VALUES.get(type(converter).__name__, "a")
        for name, converter in rule._converters.items()
    }


def test_every_rule_makes_the_address_that_flask_makes(app):
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            values = sample(rule)
            assert app.url_for(rule.endpoint, **values) == Flask.url_for(app, rule.endpoint, **values)


def test_a_name_with_marks_finds_its_page_again(app):
    adapter = app.url_map.bind("localhost")
    for value in ("c++", "c#", "a b", "ü", "100%"):
        with app.app_context():
            assert adapter.match(unquote(url_for("forum.tag", name=value))) == ("forum.tag", {"name": value})


def test_an_address_needs_no_request(app):
    with app.app_context():
        assert url_for("forum.tag", name="c#") == path_to("forum.tag", name="c#") == "/tags/c%23"
        assert url_for("forum.questions", sort="votes", after=None) == "/questions?sort=votes"
        assert url_for("inventory.export_mine") in ("/settings/products.json", "/settings/products.csv")


def test_options_and_queries_are_left_to_flask(app):
    with app.test_request_context():
        assert url_for("moderation.queue", _anchor="item-3") == "/moderation#item-3"
        assert url_for("home.home", _external=True) == "http://localhost/"
        assert url_for("auth.login", next="/questions/1/a?b=c&d") == "/login?next=/questions/1/a?b%3Dc%26d"
        with pytest.raises(BuildError):
            url_for("forum.tag", name=None)
        with pytest.raises(BuildError):
            url_for("forum.no_such_view")


def test_an_address_below_a_path_begins_with_it(app):
    with app.test_request_context(base_url="http://localhost/below"):
        assert url_for("forum.questions") == "/below/questions"
