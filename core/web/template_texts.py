"""The interface's words in templates. A page says some three hundred, most of them over and over."""

from babel.support import Translations
from flask import Flask, current_app, g
from flask_babel import get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, new_context

MOST = 5_000  # sentences kept of a language; templates have a thousand


class Language:
    """The catalogue of a language, and its finished sentences: those that have no gaps to fill."""

    def __init__(self, catalogue: Translations):
        self.catalogue = catalogue
        self.finished: dict[tuple[str, bool], str] = {}  # by text, and whether it is said in HTML


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


def init_app(app: Flask) -> None:
    """Give templates `_`, `gettext` and `ngettext`; Jinja's own make the sentences, each once a language."""
    app.extensions["languages"] = {}
    environment = app.jinja_env
    environment.install_gettext_callables(
        lambda text: _language().catalogue.ugettext(text),
        lambda one, many, number: _language().catalogue.ungettext(one, many, number),
        newstyle=True,
    )
    finish = environment.globals["gettext"]
    contexts: dict[bool, Context] = {
        environment.autoescape(name): new_context(environment, name, {}) for name in ("of.html", "of.txt")
    }

    @pass_eval_context
    def say(evaluation: EvalContext, text: str, /, **gaps: object) -> str:
        """`text` in the reader's language, its gaps filled; marked up in a template of HTML."""
        if gaps:
            return finish(contexts[evaluation.autoescape], text, **gaps)
        finished, key = _language().finished, (text, evaluation.autoescape)
        if key not in finished:
            sentence = finish(contexts[evaluation.autoescape], text)
            if len(finished) >= MOST:
                return sentence
            finished[key] = sentence
        return finished[key]

    environment.globals.update(_=say, gettext=say)
