"""One search box over everything public: own query language, whole identifiers, BM25F."""

from flask import Flask

from core.api import register
from search import (  # noqa: F401  (handlers and tasks declare themselves)
    api,
    cli,
    handlers,
    tasks,
    views,
)
from search.engine import Engine


def init_app(app: Flask) -> None:
    """Open the index of this instance and attach the doors."""
    app.extensions["search"] = Engine(app.config["REDOUBT_INSTANCE"] / "index")
    app.register_blueprint(views.bp)
    register(api.bp)
    app.cli.add_command(cli.group)
