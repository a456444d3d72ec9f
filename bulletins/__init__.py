"""Security bulletins: what is broken, who is affected and what to do, patch or no patch."""

from flask import Flask

from bulletins import (  # noqa: F401  (some declare themselves)
    api,
    cli,
    csaf_feeds,
    documents,
    edit_views,
    feeds,
    handlers,
    redaction,
    views,
    wording,
)
from core.api import register
from posts import kinds
from search.documents import describe


def _path(bulletin) -> str:
    return f"/bulletins/{bulletin.slug}"


def init_app(app: Flask) -> None:
    """Register the kind and attach the doors of the room."""
    kinds.register(kinds.Kind("bulletin", "bulletin", _path, outlives_author=True, curated=True,
                              keeps_slug=True))
    app.jinja_env.globals["say"] = wording
    describe("bulletin", documents.facts)
    app.register_blueprint(views.bp)
    app.register_blueprint(feeds.bp)
    app.register_blueprint(csaf_feeds.bp)
    register(api.bp)
    app.cli.add_command(cli.group)
