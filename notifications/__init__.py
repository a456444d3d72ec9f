"""Who is told: members' inboxes and watches, and security alerts by mail to anybody who asks for them."""

from flask import Flask

from alerts import (  # noqa: F401  (some declare themselves)
    api as alert_api,
)
from alerts import (
    cli,
)
from alerts import (
    handlers as alert_handlers,
)
from alerts import (
    tasks as alert_tasks,
)
from alerts import (
    views as alert_views,
)
from core.api.api import register
from notifications import (  # noqa: F401  (some declare themselves)
    api,
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
