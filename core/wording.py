"""The interface's words in templates. A page says some three hundred, most of them over and over."""

from babel.support import Translations
from flask import Flask, current_app, g
from flask_babel import get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

MOST = 5_000  # sentences kept of a language; templates have a thousand


class Language:
    """The catalogue of a language, with the finished sentences of it that have no gaps to fill."""

    def __init__(self, catalogue: Translations):
        self.catalogue = catalogue
        self.finished: dict[tuple[str, bool], str] = {}


def _language() -> Language:
    """The language of this request; Babel would look for it at every word."""
    try:
        return g.language
    except AttributeError:  # its first word
        languages, name = current_app.extensions["languages"], str(get_locale())
        if name not in languages:
            languages[name] = Language(get_translations())
        g.language = languages[name]
        return g.language


@pass_eval_context
def say(evaluation: EvalContext, text: str, /, **gaps: object) -> str:
    """`text` in the reader's language: a format as with Jinja's own gettext, Markup in HTML templates."""
    language = _language()
    if gaps:
        return _format(evaluation, language.catalogue.ugettext(text)) % gaps
    key = text, evaluation.autoescape
    try:
        return language.finished[key]
    except KeyError:
        finished = _format(evaluation, language.catalogue.ugettext(text)) % gaps
        if len(language.finished) < MOST:
            language.finished[key] = finished
        return finished


@pass_eval_context
def say_number(evaluation: EvalContext, one: str, many: str, number: int, /, **gaps: object) -> str:
    """The same for a number of things; `num` is the number."""
    text = _language().catalogue.ungettext(one, many, number)
    return _format(evaluation, text) % {"num": number, **gaps}


def _format(evaluation: EvalContext, text: str) -> str:
    return Markup(text) if evaluation.autoescape else text


def init_app(app: Flask) -> None:
    """Give templates `_`, `gettext` and `ngettext` in place of Jinja's, which look for each word anew."""
    app.extensions["languages"] = {}
    app.jinja_env.newstyle_gettext = True
    app.jinja_env.globals.update(_=say, gettext=say, ngettext=say_number)
