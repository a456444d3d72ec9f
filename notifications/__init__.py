"""Notifications: inboxes, what members follow, and mail about it."""

from flask import Flask

from core.api.api import register_api
from notifications import (  # noqa: F401  (these modules register their contents on import)
    api,
    bulletin_handlers,
    conditions,
    export_account,
    handlers,
    moderation_handlers,
    queries,
    redaction,
    tasks,
    views,
)


def init_app(app: Flask) -> None:
    """Register pages, API and the the template globals for unread counts and follow buttons."""
    app.jinja_env.globals.update(unread=queries.unread, is_watching=queries.is_watching)
    app.register_blueprint(views.bp)
    register_api(api.bp)
