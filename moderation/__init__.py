"""What awaits judgement: flags, first posts, suspensions, and the public log of every decision."""

from flask import Flask

from core.api.api import register_api
from moderation import (  # noqa: F401  (handlers declare themselves)
    api,
    cli,
    decision_views,
    export_account,
    feeds,
    handlers,
    policy,
    queries,
    redaction,
    views,
)
from moderation.appeals import views as appeal_views  # noqa: F401  (its views join the blueprint)


def init_app(app: Flask) -> None:
    """Attach the doors of the room."""
    app.jinja_env.globals.update(may_see_queue=policy.can_see_queue, moderation_waiting=queries.waiting)
    app.register_blueprint(views.bp)
    app.register_blueprint(feeds.bp)
    register_api(api.bp)
    app.cli.add_command(cli.group)
