"""What joins strangers: the front page, help, administration, feeds of the whole site, the demo community."""

from flask import Flask

from front import backup_cli, cli, profile, tasks, views  # noqa: F401  (profile and tasks declare themselves)


def init_app(app: Flask) -> None:
    """Attach the doors of the room."""
    app.register_blueprint(views.bp)
    for command in (cli.seed, cli.doctor, backup_cli.backup_command, backup_cli.restore_command):
        app.cli.add_command(command)
