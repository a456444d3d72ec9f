"""Atom feeds of articles: all, and one for each layer. Public ones only."""

from flask import Blueprint, Response, abort
from flask_babel import gettext as _

from core import feeds
from core.markup import excerpt
from kb import queries
from kb.models import LAYERS

bp = Blueprint("kb_feeds", __name__)


def _atom(title: str, path: str, layer: str | None = None) -> Response:
    entries = [feeds.Entry(a.id, a.title, a.url, a.summary or excerpt(a.body_html, 400), a.byline,
                           a.created_at, a.edited_at or a.created_at)
               for a in queries.newest_public(layer)]
    return Response(feeds.atom(title, path, entries), mimetype="application/atom+xml")


@bp.get("/articles.atom")
def articles():
    """The newest articles."""
    return _atom(_("Articles"), "/articles")


@bp.get("/layers/<layer>.atom")
def layer(layer: str):
    """The newest articles of one layer."""
    if layer not in LAYERS:
        abort(404)
    return _atom(_("Articles: %(layer)s", layer=layer), f"/layers/{layer}", layer)
