"""Products, their releases and life cycles."""

from flask import Flask

from core.api.api import register_api
from core.jobs import stored_markup
from core.web.lazy_text import lazy_gettext as _
from posts.revisions import editables
from posts.revisions.editables import Editable, Field, LastEdit
from products import (  # noqa: F401  (these modules register their contents on import)
    api,
    cli,
    documents,
    edit_views,
    feeds,
    forms,
    labels,
    queries,
    redaction,
    tasks,
    views,
)
from products.lifecycle.phases import phase_on
from products.models import Product, Release
from search import api as search_api
from search.documents import register_family


def _last_edit(thing: Product | Release) -> LastEdit | None:
    changes = queries.edits_since(thing, thing.revision_count - 1)
    if not changes:
        return None
    return LastEdit(changes[0].actor, changes[0].created_at, changes[0].source)


def _register_forms() -> None:
    editables.register_editable(
        Product,
        Editable(
            (
                Field("name", _("Name"), is_required=True),
                Field("vendor", _("Vendor")),
                Field("category", _("Category"), is_required=True),
                Field("tags", _("Tags"), "words"),
                Field("names", _("Other names and identifiers"), "lines"),
                Field("policy_url", _("Policy")),
                Field("version_command", _("Version command")),
                Field("description", _("Policy text"), "text"),
            ),
            queries.anew,
            forms.values_at,
            lambda product: product.path,
            _last_edit,
        ),
    )
    editables.register_editable(
        Release,
        Editable(
            (
                Field("label", _("Label")),
                Field("codename", _("Code name")),
                Field("released_on", _("Released")),
                Field("active", _("Active support")),
                Field("security", _("Security support")),
                Field("extension", _("Extended support")),
                Field("discontinued", _("Sale")),
                Field("lts", _("Long-term release")),
                Field("latest", _("Latest version")),
                Field("latest_on", _("Latest version released")),
                Field("link", _("Link")),
            ),
            queries.anew,
            forms.values_at,
            lambda release: release.product.path,
            _last_edit,
        ),
    )


def init_app(app: Flask) -> None:
    """Attach the doors of the room and let search find products."""
    _register_forms()
    register_family(documents.family)
    search_api.register_item("product", api.item)
    app.jinja_env.globals.update(wording=labels, phase_on=phase_on)
    app.register_blueprint(views.bp)
    app.register_blueprint(feeds.bp)
    register_api(api.bp)
    stored_markup.register_markdown(Product, "description", "description_html")
    app.cli.add_command(cli.group)
