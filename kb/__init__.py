"""The knowledge base: articles in five layers of defence, curated by moderators."""

from flask import Flask

from core.api import register
from core.cli import import_group
from kb import (  # noqa: F401  (handlers and exports declare themselves)
    actions,
    api,
    cli,
    erasure_handlers,
    export_account,
    feeds,
    redaction,
    schemas,
    views,
)
from posts import kinds
from search import documents


def _article_path(article) -> str:
    return f"/articles/{article.id}/{article.slug or '-'}"


def _facts(article) -> dict:
    return {"layer": article.layer, "states": ("verified",) if article.verified_on else (),
            "text": " ".join([article.summary, *map(str, article.applies_to)])}


def init_app(app: Flask) -> None:
    """Register the kind and attach the doors of the room."""
    kinds.register(kinds.Kind("article", "article", _article_path, outlives_author=True,
                              edit_schema=schemas.EditTextSchema,
                              on_delete=actions.article_deleted, on_restore=actions.article_restored,
                              concerned=actions.concerned))
    documents.describe("article", _facts)
    app.register_blueprint(views.bp)
    app.register_blueprint(feeds.bp)
    register(api.bp)
    import_group.add_command(cli.import_articles)
