"""The search page and the suggestions under its box."""

from flask import Blueprint, jsonify, render_template, request
from flask_login import current_user

from search import queries

bp = Blueprint("search", __name__)
MAX_PAGE = 50


@bp.get("/search")
def search():
    """Results with facets; no results offers to ask."""
    text = request.args.get("q", "")
    page = request.args.get("page", 1, int)
    page = min(max(page, 1), MAX_PAGE)
    found = queries.search(text, user=current_user, page=page)
    return render_template("search/results.html", found=found, text=text[:400], number=page,
                           more=found.total > page * queries.PAGE and page < MAX_PAGE)


@bp.get("/search/suggest")
def suggest():
    """What is being typed, continued."""
    rows = queries.suggest(request.args.get("q", ""))
    return jsonify(items=[{"text": text, "url": url} for text, url in rows])
