"""What joins strangers: the front page, help, administration, feeds of the whole site, the demo community."""

from flask import Flask

from core.api import register
from front import (  # noqa: F401  (profile, doctor and tasks declare themselves)
    api,
    backup_cli,
    cli,
    doctor,
    profile,
    route_costs,
    tasks,
    views,
)


def init_app(app: Flask) -> None:
    """Attach the doors of the room."""
    route_costs.init_app(app)
    app.register_blueprint(views.bp)
    register(api.bp)
    for command in (cli.seed, cli.doctor, backup_cli.backup_command, backup_cli.restore_command):
        app.cli.add_command(command)
