"""Patch calendar, deployment reports and rollout plans."""

from flask import Flask

from bulletins.panels import register_panel as show_on_bulletins
from core.api.api import register_api
from deployment import (  # noqa: F401  (these modules register their contents on import)
    api,
    cli,
    export_account,
    handlers,
    labels,
    redaction,
    tasks,
)
from deployment.calendar import feeds, views  # noqa: F401
from deployment.plans import views as plan_views  # noqa: F401
from deployment.reports import panels
from deployment.reports import views as report_views  # noqa: F401


def init_app(app: Flask) -> None:
    """Register pages, API, commands, and the panels on the pages of bulletins."""
    app.jinja_env.globals["deployment_labels"] = labels
    for panel in panels.PANELS:
        show_on_bulletins(panel)
    app.register_blueprint(views.bp)
    register_api(api.bp)
    app.cli.add_command(cli.group)
