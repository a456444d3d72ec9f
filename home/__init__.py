"""Front page, help, site map, health endpoints, and files for crawlers and browsers."""

from flask import Flask

from home import checks, profile, views  # noqa: F401  (these modules register their contents on import)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(views.bp)
