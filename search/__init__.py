"""Full-text search over everything public: query language, identifiers as single terms, BM25F ranking."""

from flask import Flask
from sqlalchemy import make_url

from core.api.api import register_api
from core.config import InvalidSetting
from search import api, cli, doctor, gauges, handlers, redaction, tasks, views  # noqa: F401  (doctor, gauges, handlers and tasks register themselves)
from search.engines.base import Engine
from search.engines.postgres.engine import Engine as PostgresEngine
from search.engines.whoosh.engine import Engine as WhooshEngine
from search.result_cache import ResultCache


def init_app(app: Flask) -> None:
    """Create the engine and register the entry points."""
    app.extensions["search"] = create_engine(app)
    app.extensions["recent_searches"] = ResultCache()
    app.register_blueprint(views.bp)
    register_api(api.bp)
    app.cli.add_command(cli.group)


def create_engine(app: Flask) -> Engine:
    """Create the engine that REDOUBT_SEARCH names; `auto` is PostgreSQL if that is the database, else Whoosh.

    Raises InvalidSetting for the PostgreSQL engine without such a database.
    """
    on_postgresql = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).get_backend_name() == "postgresql"
    chosen = app.config["REDOUBT_SEARCH"]
    if chosen == "auto":
        chosen = "postgresql" if on_postgresql else "whoosh"
    if chosen == "whoosh":
        return WhooshEngine(app.config["REDOUBT_INSTANCE"] / "index")
    if not on_postgresql:
        raise InvalidSetting("REDOUBT_SEARCH=postgresql: needs a PostgreSQL database in REDOUBT_DATABASE_URL")
    return PostgresEngine()
