"""Search in the API: the function behind the search page, answered as a list with facets."""

from werkzeug.exceptions import ServiceUnavailable

from auth import api as people
from auth import tokens
from core import paging
from core.api import ApiBlueprint
from posts import api as posts
from search import queries, schemas
from search.views import MAX_PAGE

bp = ApiBlueprint("search", __name__, description="Search over everything public")
ITEMS = {"user": people.item, "tag": posts.tag_item}


def found_item(hit: queries.Hit) -> dict:
    """One result as JSON."""
    snippet = "".join(text for text, _is_match in hit.snippet)
    return {**ITEMS.get(hit.kind, posts.item)(hit.thing), "snippet": snippet}


@bp.get("/search")
@bp.arguments(schemas.SearchQuery, location="query")
@bp.response(200, schemas.FoundPage)
@bp.alt_response(503, "SERVICE_UNAVAILABLE")
def search(wanted: dict):
    """Search questions, answers, articles, members and tags, best first."""
    [number] = paging.decode(wanted.get("after"), [int]) or [1]
    number = min(max(1, number), MAX_PAGE)
    found = queries.search(wanted["q"], user=tokens.reader(), page=number, any_word=wanted["any"])
    if not found.available:
        raise ServiceUnavailable("Search is being rebuilt. Try again in a minute.", retry_after=60)
    more = found.total > number * queries.PAGE and number < MAX_PAGE
    return {
        "items": [found_item(hit) for hit in found.hits],
        "next": paging.encode([number + 1]) if more else None, "total": found.total,
        "facets": {name: dict(found.facets.get(name, {})) for name in ("kind", "tag", "layer")},
        "correction": found.correction, "loosened": found.loosened, "estimated": found.estimated,
        "warnings": found.query.warnings,
    }
