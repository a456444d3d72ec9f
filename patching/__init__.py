"""Patch days and what became of the patches: the calendar, deployment reports, rollout plans."""

from flask import Flask

from bulletins.panels import register as show_on_bulletins
from core.api import register
from patching import (  # noqa: F401  (some declare themselves)
    api,
    cli,
    export_account,
    feeds,
    handlers,
    panels,
    plan_views,
    redaction,
    report_views,
    tasks,
    views,
    wording,
)


def init_app(app: Flask) -> None:
    """Attach the doors of the room, and show reports on the pages of bulletins."""
    app.jinja_env.globals["patch_words"] = wording
    for panel in panels.PANELS:
        show_on_bulletins(panel)
    app.register_blueprint(views.bp)
    register(api.bp)
    app.cli.add_command(cli.group)
