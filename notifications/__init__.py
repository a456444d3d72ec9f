"""Inboxes and what members follow: lines on the site and mail about them."""

from flask import Flask

from core.api.api import register_api
from notifications import (  # noqa: F401  (these modules register their contents on import)
    api,
    bulletin_handlers,
    export_account,
    handlers,
    moderation_handlers,
    queries,
    redaction,
    tasks,
    views,
)


def init_app(app: Flask) -> None:
    """Attach pages and API; every page shows how much is unread."""
    app.jinja_env.globals.update(unread=queries.unread, is_watching=queries.is_watching)
    app.register_blueprint(views.bp)
    register_api(api.bp)
