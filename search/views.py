"""The search page and the suggestions under its box."""

from flask import Blueprint, jsonify, render_template, request

from auth.current_user import current_user
from search import queries, suggestions
from search.engines.base import SORTS
from search.parser import MAX_LENGTH

bp = Blueprint("search", __name__)
MAX_PAGE = 50


@bp.get("/search")
def search():
    """Results with facets; no results offers to ask."""
    text = request.args.get("q", "")
    page = min(max(request.args.get("page", 1, int), 1), MAX_PAGE)
    sort = request.args.get("sort", "")
    sort = sort if sort in SORTS else SORTS[0]
    found = queries.search(text, user=current_user, page=page, sort=sort)
    return render_template(
        "search/results.html",
        found=found,
        text=text[:MAX_LENGTH],
        sort=sort,
        number=page,
        more=found.total > page * queries.PAGE and page < MAX_PAGE,
    )


@bp.get("/search/suggest")
def suggest():
    """What is being typed, continued."""
    return jsonify(items=suggestions.suggest(request.args.get("q", ""), user=current_user))
