"""Public pages: the list of products, a product, its history, and the life-cycle list."""

from datetime import date

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from auth.current_user import current_user, me
from auth.models import User
from core.cache.dependencies import depends_on
from core.cache.page_cache import cached_for_visitors
from core.database import paging
from core.web.access import get_or_404
from core.web.query_parameters import query_text
from products import exports, policy, queries
from products.inventories.queries import OneInventory, one_inventory
from products.lifecycle import queries as lifecycle_queries
from products.lifecycle import timeline
from products.lifecycle.phases import KINDS, SECURITY, SUPPORT, Phase, Status, phase_on
from products.models import Product, Release
from products.schemas import SLUG

bp = Blueprint("products", __name__)
WINDOW_DAYS = (30, 90, 365)
RECENT_DAYS = 30
MAX_ROWS = 60  # releases of a product shown without ?all


def filters() -> queries.ProductFilters:
    """Filters of the list of products; an unknown status counts as none."""
    status = query_text("status")
    return {
        "text": query_text("q"),
        "category": query_text("category"),
        "vendor": query_text("vendor"),
        "status": status if status in list(Status) else "",
    }


def product_or_404(slug: str, *, removed: bool = False) -> Product:
    """The product with releases, phases and names; stops with 404."""
    return get_or_404(queries.full(slug, removed=removed) if SLUG.match(slug) else None)


def link(path: str, values: dict, **changes: object) -> str:
    """The URL of the endpoint `path` with the query parameters that are not empty."""
    named = {"q" if key == "text" else key: value for key, value in {**values, **changes}.items()}
    return url_for(path, **{key: value for key, value in named.items() if value})


@bp.get("/products")
@cached_for_visitors
def products() -> str:
    """List products with their status today; search and filter."""
    depends_on()
    chosen = filters()
    day = queries.today()
    page = queries.products(**chosen, after=request.args.get("after"))
    categories, vendors = queries.facets()
    can_curate = policy.can_curate(current_user)
    return render_template(
        "products/products.html",
        page=page,
        summaries=queries.summaries(page, day),
        chosen=chosen,
        day=day,
        categories=categories,
        vendors=vendors,
        link=link,
        statuses=[s for s in Status if s != "unknown"],
        can_curate=can_curate,
        disputed=len(queries.conflicts(limit=100)) if can_curate else 0,
    )


@bp.get("/products.csv", defaults={"extension": "csv"})
@bp.get("/products.json", defaults={"extension": "json"})
def export_products(extension: str) -> Response:
    """The list as CSV or JSON, with the filters of the page."""
    return exports.file_response("products", extension, exports.product_rows(queries.today(), **filters()))


@bp.get("/products/suggest")
def suggest() -> Response:
    """Suggest products with the typed prefix."""
    return jsonify(
        items=[
            {"text": product.name, "url": product.path, "kind": product.vendor}
            for product in queries.suggestions(query_text("q"))
        ]
    )


@bp.get("/products/<slug>")
@cached_for_visitors
def product(slug: str) -> str | BaseResponse:
    """One product: releases, timeline, policy, names, and related posts."""
    depends_on(lists=["kind:question", "kind:article", "kind:bulletin"])
    product = queries.full(slug, removed=policy.can_curate(current_user)) if SLUG.match(slug) else None
    if product is None:
        return redirect(get_or_404(queries.by_alias(slug)).path, 301)
    day = queries.today()
    releases = product.live_releases
    tags, posts = queries.related_posts(product, current_user)
    can_curate = policy.can_curate(current_user)
    return render_template(
        "products/product.html",
        product=product,
        day=day,
        releases=_rows(releases, day),
        tags=tags,
        total=len(releases),
        kinds=[kind for kind in KINDS if any(kind in r.ends for r in releases)],
        glance=queries.summaries([product], day)[product.id],
        picture=timeline.draw(releases, day),
        posts=posts,
        can_curate=can_curate,
        can_own=policy.can_own(current_user) if current_user.is_authenticated else False,
        owned=queries.owned_of_product(current_user, product),
        conflicts=queries.conflicts(product) if can_curate else [],
    )


def _rows(releases: list[Release], day: date) -> list[Release]:
    """Releases that have not ended and the newest others up to MAX_ROWS, or all with ?all."""
    if "all" in request.args or len(releases) <= MAX_ROWS:
        return releases
    remaining = MAX_ROWS - sum(phase_on(release, day) is not Phase.ENDED for release in releases)
    shown = []
    for release in releases:
        if phase_on(release, day) is Phase.ENDED:
            remaining -= 1
            if remaining < 0:
                continue
        shown.append(release)
    return shown


@bp.get("/products/<slug>/history")
def history(slug: str) -> str:
    """The change history of a product."""
    can_curate = policy.can_curate(current_user)
    product = product_or_404(slug, removed=can_curate)
    return render_template(
        "products/history.html",
        product=product,
        can_curate=can_curate,
        page=queries.history(product, request.args.get("after")),
    )


def window() -> dict:
    """Filters of the life-cycle lists."""
    days = request.args.get("days", 90, int)
    kind = query_text("kind")
    mine = "mine" in request.args and current_user.is_authenticated
    return {
        "days": min(max(days, 1), 3650),
        "kind": kind if kind in SUPPORT else SECURITY,
        "category": query_text("category"),
        "mine": mine,
        "inventory": query_text("inventory") if current_user.is_authenticated else "",
    }


def _owner(chosen: dict) -> User | OneInventory | None:
    """Whose products a list is narrowed to; stops with 404 for an inventory that the reader does not see."""
    if chosen["inventory"]:
        return get_or_404(one_inventory(me(), chosen["inventory"]))
    return me() if chosen["mine"] else None


def query_options(chosen: dict) -> dict:
    """window() as arguments of lifecycle_queries."""
    return {
        "kind": chosen["kind"],
        "category": chosen["category"],
        "owner": _owner(chosen),
    }


@bp.get("/lifecycle")
@cached_for_visitors
def lifecycle() -> str:
    """Ends of support in the next days, and in the last RECENT_DAYS."""
    depends_on()
    chosen = window()
    day = queries.today()
    page: paging.Page = lifecycle_queries.ending(
        day, chosen["days"], after=request.args.get("after"), **query_options(chosen)
    )
    return render_template(
        "products/lifecycle.html",
        page=page,
        chosen=chosen,
        day=day,
        windows=WINDOW_DAYS,
        recent=RECENT_DAYS,
        kinds=SUPPORT,
        categories=queries.facets()[0],
        link=link,
        ended=lifecycle_queries.ended(day, RECENT_DAYS, **query_options(chosen)),
    )


@bp.get("/lifecycle.csv", defaults={"extension": "csv"})
@bp.get("/lifecycle.json", defaults={"extension": "json"})
def export_lifecycle(extension: str) -> Response:
    """The list as CSV or JSON, with the filters of the page."""
    chosen = window()
    day = queries.today()
    found = lifecycle_queries.around(
        day,
        before=0,
        ahead=chosen["days"],
        kinds=[chosen["kind"]],
        category=chosen["category"],
        owner=query_options(chosen)["owner"],
    )
    return exports.file_response("lifecycle", extension, (exports.phase_row(phase, day) for phase in found))
