"""Search in the API: the function behind the search page, answered as a list with facets."""

from collections.abc import Callable

from flask_babel import gettext as _
from werkzeug.exceptions import ServiceUnavailable

from auth import api as people
from auth import tokens
from core.api.api import ApiBlueprint
from core.database import paging
from core.registry import Registry
from posts import api as posts
from posts.tags.api import tag_item
from search import queries, schemas
from search.views import MAX_PAGE

bp = ApiBlueprint("search", __name__, description="Search")
MAX_RESULTS = MAX_PAGE * queries.PAGE  # what is further down is no answer: ask for something narrower
_items: Registry[str, Callable[..., dict]] = Registry("search_items")  # by kind of hit


def register_item(kind: str, item: Callable[..., dict]) -> None:
    """Say what the API shows of a hit of this kind; other hits are posts."""
    _items.add(kind, item)


register_item("user", people.item)
register_item("tag", tag_item)


def found_item(hit: queries.Hit) -> dict:
    """One result as JSON."""
    snippet = "".join(text for text, _is_match in hit.snippet)
    return {**_items.get(hit.kind, posts.item)(hit.thing), "snippet": snippet}


@bp.get("/search")
@bp.arguments(schemas.SearchQuery, location="query")
@bp.response(200, schemas.FoundPage)
@bp.alt_response(503, "SERVICE_UNAVAILABLE")
def search(wanted: dict):
    """Search questions, answers, articles, members and tags, most relevant first."""
    place = wanted["after"]
    _cursor, size, since = paging.window_of(place, queries.PAGE)
    number, sized = paging.position(place, [int, int]) or [1, size]
    if sized != size or number < 1 or number * size >= MAX_RESULTS + size:
        raise paging.BadCursor
    found = queries.search(
        wanted["q"], user=tokens.reader(), page=number, size=size, any_word=wanted["any"], since=since
    )
    if not found.available:
        raise ServiceUnavailable(
            _("The search index is being rebuilt. Try again in a minute."), retry_after=60
        )
    more = found.total > number * size and number * size < MAX_RESULTS
    return {
        "items": [found_item(hit) for hit in found.hits],
        "next": paging.encode([number + 1, size]) if more else None,
        "total": found.total,
        "facets": {name: dict(found.facets.get(name, {})) for name in ("kind", "tag", "layer")},
        "correction": found.correction,
        "loosened": found.loosened,
        "estimated": found.estimated,
        "warnings": found.query.warnings,
    }
