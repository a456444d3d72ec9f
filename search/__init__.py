"""One search box over everything public: own query language, whole identifiers, BM25F."""

from flask import Flask
from sqlalchemy import make_url

from core.api.api import register_api
from core.config import InvalidSetting
from search import (  # noqa: F401  (doctor, handlers, readings, tasks declare themselves)
    api,
    cli,
    doctor,
    handlers,
    readings,
    redaction,
    tasks,
    views,
)
from search.engines.base import Engine
from search.engines.postgres.engine import Engine as InTables
from search.engines.whoosh.engine import Engine as InFiles
from search.recent import Recent


def init_app(app: Flask) -> None:
    """Open the index of this instance and attach the doors."""
    app.extensions["search"] = engine_of(app)
    app.extensions["recent_searches"] = Recent()
    app.register_blueprint(views.bp)
    register_api(api.bp)
    app.cli.add_command(cli.group)


def engine_of(app: Flask) -> Engine:
    """The engine that the settings name; by itself a PostgreSQL site keeps its index there."""
    on_postgresql = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).get_backend_name() == "postgresql"
    chosen = app.config["REDOUBT_SEARCH"]
    if chosen == "auto":
        chosen = "postgresql" if on_postgresql else "whoosh"
    if chosen == "whoosh":
        return InFiles(app.config["REDOUBT_INSTANCE"] / "index")
    if not on_postgresql:
        raise InvalidSetting("REDOUBT_SEARCH=postgresql: needs a PostgreSQL database in REDOUBT_DATABASE_URL")
    return InTables()
