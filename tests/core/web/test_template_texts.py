"""Sentences are finished once a language, and are what Jinja's own gettext would make of them."""

import gettext

import pytest
from flask import render_template_string
from flask_babel import force_locale

from core.web.template_texts import Language


class German(gettext.NullTranslations):
    """A catalogue of one sentence."""

    def ugettext(self, text):
        return {"Hello": "Hallo"}.get(text, text)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ _('Hello') }}", "Hello"),
        ("{{ _('It is <b>%(what)s</b>', what=hostile) }}", "It is <b>&lt;i&gt;</b>"),
        ("{{ _('100 %% sure') }}", "100 % sure"),
        ("{{ _('100 %% of %(what)s', what=1) }}", "100 % of 1"),
        ("{{ _('a <br>') ~ hostile }}", "a <br>&lt;i&gt;"),
        ("{% autoescape false %}{{ _('a <br>') ~ hostile }}{% endautoescape %}", "a <br><i>"),
        (
            "{{ _('<br>') ~ hostile }}{% autoescape false %}{{ _('<br>') ~ hostile }}{% endautoescape %}",
            "<br>&lt;i&gt;<br><i>",
        ),
        (
            "{% autoescape false %}{{ _('<br>') ~ hostile }}{% endautoescape %}{{ _('<br>') ~ hostile }}",
            "<br><i><br>&lt;i&gt;",
        ),
        (
            "{% for n in (1, 2) %}{{ ngettext('%(num)s day', '%(num)s days', n) }} {% endfor %}",
            "1 day 2 days ",
        ),
        ("{% trans %}Hello{% endtrans %}", "Hello"),
    ],
)
def test_a_sentence_is_the_same_each_time(app, source, expected):
    for _ in range(3):
        with app.test_request_context():
            assert render_template_string(source, hostile="<i>") == expected


def test_no_more_is_kept_than_said(app, monkeypatch):
    monkeypatch.setattr("core.web.template_texts.MAX_CACHED_TEXTS", 1)
    monkeypatch.setitem(app.extensions, "languages", {})
    with app.app_context():
        assert render_template_string("{{ _('one') }} {{ _('two') }} {{ _('one') }} {{ _('two') }}") == (
            "one two one two"
        )
    assert sum(len(each.finished) for each in app.extensions["languages"].values()) == 1


def test_each_language_has_sentences_of_its_own(app):
    app.extensions["languages"]["de"] = Language(German())
    for language, expected in (("en", "Hello"), ("de", "Hallo"), ("en", "Hello")):
        with app.app_context(), force_locale(language):
            assert render_template_string("{{ _('Hello') }}") == expected
