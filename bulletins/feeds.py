"""Atom feeds of public bulletins: the filtered list, and bulletins without a fix."""

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from bulletins import labels, queries, views
from bulletins.models import Bulletin
from bulletins.queries import Filter
from core.cache.dependencies import depends_on
from core.cache.page_cache import cached_for_visitors
from core.formats import feeds
from core.markup.markup import excerpt

bp = Blueprint("bulletin_feeds", __name__)
MAX_EXCERPT_CHARACTERS = 400


@bp.get("/bulletins.atom")
@cached_for_visitors
def bulletins() -> Response:
    """The newest bulletins, filtered like the page."""
    depends_on(lists=["kind:bulletin"])
    query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
    return feeds.atom(
        _("Security bulletins"), url_for("bulletins.bulletins"), entries(views.requested_filter()), query
    )


@bp.get("/bulletins/unpatched.atom")
@cached_for_visitors
def unpatched() -> Response:
    """The newest bulletins without a fix."""
    depends_on(lists=["kind:bulletin"])
    return feeds.atom(_("No fix"), url_for("bulletins.unpatched"), entries(Filter(unfixed=True)))


def entries(wanted: Filter) -> list[feeds.Entry]:
    """Entries of the newest bulletins that match a filter."""
    return [
        feeds.Entry(
            f"/posts/{row.id}",
            row.title,
            row.url,
            _summary(row),
            row.publisher,
            row.published_at or row.created_at,
            row.edited_at or row.published_at or row.created_at,
        )
        for row in queries.newest(wanted)
    ]


def _summary(bulletin: Bulletin) -> str:
    """Severity, exploitation and fixes, then an excerpt of the text."""
    facts = [
        labels.severity(bulletin.severity),
        _("exploited") if bulletin.is_exploited else "",
        labels.fix(bulletin),
    ]
    return f"{', '.join(filter(None, facts))}. {excerpt(bulletin.body_html, MAX_EXCERPT_CHARACTERS)}"
