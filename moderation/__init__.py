"""What awaits judgement: flags, first posts, suspensions, and the public log of every decision."""

from flask import Flask

from moderation import handlers, views  # noqa: F401  (handlers declare themselves)


def init_app(app: Flask) -> None:
    """Attach the doors of the room."""
    app.register_blueprint(views.bp)
