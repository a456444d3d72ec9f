"""The knowledge base: articles in five layers of defence, curated by moderators."""

from flask import Flask, url_for

from core.api.api import register_api
from core.cli import import_group
from core.web.lazy_text import lazy_gettext as _
from kb import (  # noqa: F401  (handlers and exports register themselves on import)
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
from kb.labels import LAYER_NAMES
from kb.models import Article
from posts import kinds
from posts.revisions import editables
from posts.revisions.editables import Field
from posts.revisions.history import State
from search import documents


def _article_edit_path(article: Article) -> str:
    return url_for("kb.edit", article_id=article.id)


def _article_path(article: Article) -> str:
    return url_for("kb.article", article_id=article.id, slug=article.slug or "-")


def _form_values(state: State) -> dict[str, str]:
    facts = state.facts or {}
    texts = {name: facts[name] for name in ("layer", "summary") if name in facts}
    lists = {"applies_to": "\n".join(facts["applies_to"])} if "applies_to" in facts else {}
    return {"title": state.title, **texts, **lists, "body": state.body, "tags": " ".join(state.tags)}


def _search_facts(article: Article) -> dict:
    return {
        "layer": article.layer,
        "states": ("verified",) if article.is_verified else (),
        "text": " ".join([article.summary, *map(str, article.applies_to)]),
    }


def init_app(app: Flask) -> None:
    """Register the kind of post, its editable fields and the entry points."""
    kinds.register_kind(
        kinds.Kind(
            "article",
            "article",
            _article_path,
            _article_edit_path,
            outlives_author=True,
            edit_schema=schemas.EditTextSchema,
            limits=schemas.ARTICLE_LIMITS,
            on_delete=actions.article_deleted,
            on_restore=actions.article_restored,
            concerned=actions.credited_members,
            facts=actions.facts_of,
            form_values=_form_values,
            restore=actions.restore,
            on_revised=actions.refresh_verification,
        )
    )
    editables.register_editable(
        Article,
        editables.for_posts(
            Field("title", _("Title"), is_required=True),
            Field("layer", _("Layer"), "choice", LAYER_NAMES, is_required=True),
            Field("summary", _("Summary")),
            Field("applies_to", _("Applies to"), "text"),
            Field("body", _("Text"), "text", is_required=True),
            Field("tags", _("Tags"), "words"),
        ),
    )
    documents.register_facts("article", _search_facts)
    app.register_blueprint(views.bp)
    app.register_blueprint(feeds.bp)
    register_api(api.bp)
    import_group.add_command(cli.import_articles)
