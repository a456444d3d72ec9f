"""gettext for templates, with a cache of finished texts.

A page has some three hundred texts. Without the cache they would take more than twice the time, about half of
the budget of a page (docs/performance.md).
"""

from typing import Any

from flask import Flask, current_app, g
from flask_babel import get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, new_context

MAX_CACHED_TEXTS = 5_000  # of a language; templates have a thousand


class Language:
    """The catalogue of a language, and its finished texts: those without variables."""

    def __init__(self, catalogue: Any) -> None:
        self.catalogue = catalogue
        self.finished: dict[tuple[str, bool], str] = {}  # by text, and whether it is escaped for HTML


def _language() -> Language:
    """The language of this request, cached in `g`: Flask-Babel would determine it for every text."""
    try:
        return g.language
    except AttributeError:  # the first text of the request
        languages = current_app.extensions["languages"]
        name = str(get_locale())
        if name not in languages:
            languages[name] = Language(get_translations())
        g.language = languages[name]
        return g.language


def init_app(app: Flask) -> None:
    """Add `_`, `gettext` and `ngettext` to templates; Jinja's own functions make the texts."""
    app.extensions["languages"] = {}
    environment: Any = app.jinja_env  # methods of Jinja's extension are not in its type
    environment.install_gettext_callables(
        lambda text: _language().catalogue.ugettext(text),  # noqa: PLW0108  (the language of the request)
        lambda one, many, number: _language().catalogue.ungettext(one, many, number),  # noqa: PLW0108
        newstyle=True,
    )
    finish = environment.globals["gettext"]
    contexts: dict[bool, Context] = {
        environment.autoescape(name): new_context(environment, name, {}) for name in ("of.html", "of.txt")
    }

    @pass_eval_context
    def translate(evaluation: EvalContext, text: str, /, **variables: object) -> str:
        """`text` in the language of the request with its variables; Markup in an HTML template."""
        if variables:
            return finish(contexts[evaluation.autoescape], text, **variables)
        finished = _language().finished
        key = (text, evaluation.autoescape)
        if key not in finished:
            translated = finish(contexts[evaluation.autoescape], text)
            if len(finished) >= MAX_CACHED_TEXTS:
                return translated
            finished[key] = translated
        return finished[key]

    environment.globals.update(_=translate, gettext=translate)
