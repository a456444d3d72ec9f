"""The front page, help, site maps, and what crawlers and browsers ask for."""

from flask import Flask

from home import checks, profile, views  # noqa: F401  (these modules register their contents on import)


def init_app(app: Flask) -> None:
    """Attach the pages."""
    app.register_blueprint(views.bp)
