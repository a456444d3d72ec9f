"""Products, their releases and life cycles, and what each member runs."""

from flask import Flask

from core.api import register
from products import (  # noqa: F401  (some declare themselves)
    api,
    cli,
    documents,
    edit_views,
    export_account,
    feeds,
    handlers,
    owned_api,
    owned_views,
    redaction,
    tasks,
    views,
    wording,
)
from products.lifecycle import phase_on
from search import api as search_api
from search.documents import register as register_family


def init_app(app: Flask) -> None:
    """Attach the doors of the room and let search find products."""
    register_family(documents.family)
    search_api.ITEMS["product"] = api.item
    app.jinja_env.globals.update(wording=wording, phase_on=phase_on)
    app.register_blueprint(views.bp)
    app.register_blueprint(feeds.bp)
    register(api.bp)
    app.cli.add_command(cli.group)
