"""What awaits judgement: flags, first posts, suspensions, and the public log of every decision."""

from flask import Flask

from core.api import register
from moderation import api, cli, feeds, handlers, views  # noqa: F401  (handlers declare themselves)
from moderation import decision_views  # noqa: F401  (its views join the room's blueprint)


def init_app(app: Flask) -> None:
    """Attach the doors of the room."""
    app.register_blueprint(views.bp)
    app.register_blueprint(feeds.bp)
    register(api.bp)
    app.cli.add_command(cli.group)
