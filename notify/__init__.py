"""Who is told: members' inboxes and watches, and security alerts by mail to anybody who asks for them."""

from flask import Flask

from core.api import register
from notify import (  # noqa: F401  (some declare themselves)
    alert_api,
    alert_handlers,
    alert_tasks,
    alert_views,
    api,
    cli,
    export_account,
    handlers,
    moderation_handlers,
    queries,
    redaction,
    tasks,
    views,
)


def init_app(app: Flask) -> None:
    """Attach the doors of the room; every page shows how much is unread."""
    app.jinja_env.globals.update(unread=queries.unread, is_watching=queries.is_watching)
    app.register_blueprint(views.bp)
    register(api.bp)
    app.cli.add_command(cli.group)
