"""What joins strangers: the front page, help, administration, feeds of the whole site, the demo community."""

from flask import Flask

from admin import api, backup_cli, checks, cli, route_costs, tasks  # noqa: F401  (profile, doctor and tasks declare themselves)
from core.api.api import register
from home import profile, views  # noqa: F401  (profile, doctor and tasks declare themselves)


def init_app(app: Flask) -> None:
    """Attach the doors of the room."""
    route_costs.init_app(app)
    app.register_blueprint(views.bp)
    register(api.bp)
    for command in (cli.seed, cli.doctor, backup_cli.backup_command, backup_cli.restore_command):
        app.cli.add_command(command)
