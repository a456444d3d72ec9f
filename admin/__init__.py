"""Administration: the state of the site, health checks, backup, and what every route costs."""

from flask import Flask

from admin import (  # noqa: F401  (these modules register their contents on import)
    api,
    backup_cli,
    checks,
    cli,
    route_costs,
    tasks,
    views,
)
from core.api.api import register_api


def init_app(app: Flask) -> None:
    """Register the page, the API and the commands."""
    route_costs.init_app(app)
    app.register_blueprint(views.bp)
    register_api(api.bp)
    for command in (cli.doctor, backup_cli.backup_command, backup_cli.restore_command):
        app.cli.add_command(command)
