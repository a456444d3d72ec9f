"""Security alerts by email, with or without an account: sign up, confirm, change, stop."""

from flask import Flask

from alerts import (  # noqa: F401  (these modules register their contents on import)
    api,
    cli,
    export_account,
    handlers,
    preferences,
    redaction,
    tasks,
    views,
)
from core.api.api import register_api


def init_app(app: Flask) -> None:
    """Attach pages, API and commands; the settings page of notifications shows a member's alerts."""
    app.jinja_env.globals["alert_preferences"] = preferences.for_page
    app.register_blueprint(views.bp)
    register_api(api.bp)
    app.cli.add_command(cli.group)
