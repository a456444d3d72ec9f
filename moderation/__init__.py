"""Moderation: flags, first posts, appeals, suspensions, and the public log of decisions."""

from flask import Flask

from core.api.api import register_api
from moderation import (  # noqa: F401  (these modules register their contents on import)
    api,
    cli,
    conditions,
    decision_views,
    export_account,
    feeds,
    handlers,
    policy,
    redaction,
    views,
)
from moderation.appeals import views as appeal_views  # noqa: F401  (registers its views on the blueprint)


def init_app(app: Flask) -> None:
    """Register pages, feed, API, commands and template globals."""
    app.jinja_env.globals["may_see_queue"] = policy.can_see_queue
    app.register_blueprint(views.bp)
    app.register_blueprint(feeds.bp)
    register_api(api.bp)
    app.cli.add_command(cli.group)
