"""Atom feeds of public articles: of all, and of each layer."""

from flask import Blueprint, Response, abort, url_for
from flask_babel import gettext as _

from core.cache.dependencies import depends_on
from core.cache.page_cache import cached_for_visitors
from core.formats import feeds
from kb import queries
from kb.models import LAYERS
from posts.feeds import FEED_SIZE, entry

bp = Blueprint("kb_feeds", __name__)


def _atom(title: str, path: str, layer: str | None = None) -> Response:
    found = queries.newest_public(layer, limit=FEED_SIZE)
    return feeds.atom(title, path, [entry(article, article.summary) for article in found])


@bp.get("/articles.atom")
@cached_for_visitors
def articles() -> Response:
    """The newest articles."""
    depends_on(lists=["kind:article"])
    return _atom(_("Articles"), url_for("kb.articles"))


@bp.get("/layers/<layer>.atom")
@cached_for_visitors
def layer(layer: str) -> Response:
    """The newest articles of one layer."""
    depends_on(lists=["kind:article"])
    if layer not in LAYERS:
        abort(404)
    return _atom(_("Articles: %(layer)s", layer=layer), url_for("kb.layer", layer=layer), layer)
