"""The interface's words in templates. A page says some two hundred; its language is looked up once."""

from babel.support import Translations
from flask import Flask, g
from flask_babel import get_translations


def _translations() -> Translations:
    """The catalogue of this request's language."""
    try:
        return g.translations
    except AttributeError:  # its first word
        g.translations = get_translations()
        return g.translations


def init_app(app: Flask) -> None:
    """Let Jinja's `_`, `gettext` and `ngettext` keep the catalogue, for which Babel looks at every word."""
    app.jinja_env.install_gettext_callables(
        lambda text: _translations().ugettext(text),
        lambda one, many, number: _translations().ungettext(one, many, number), newstyle=True)
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"]  # by itself it looks for that, each time
