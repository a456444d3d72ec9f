"""The colour theme, and the values that all templates may use."""

from flask import Flask, current_app, has_request_context, request
from flask_babel import get_locale

from core.web.static_files import static_url

THEMES = ("light", "dark")


def theme() -> str:
    """The theme of this request: light or dark if chosen, else auto."""
    chosen = request.cookies.get("theme")
    return chosen if chosen in THEMES else "auto"


def _template_values() -> dict:
    """The values for all templates; the worker renders mail without a request."""
    is_page = has_request_context()
    return {
        "site_name": current_app.config["REDOUBT_SITE_NAME"],
        "theme": theme() if is_page else "auto",
        "here": request.path if is_page else "",
    }


def init_app(app: Flask) -> None:
    """Give templates their global values."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(static_url=static_url, get_locale=get_locale)
    app.context_processor(_template_values)
